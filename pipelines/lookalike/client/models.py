"""Encoders ready to use: a release (onnxruntime, quick to load) or a torch encoder, behind one verb."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError
from lookalike_components.pixels import to_pixels

if TYPE_CHECKING:
    from lookalike_components.encoder.model import Encoder

BATCH = 64


class Model(Protocol):
    """Anything that turns encoded pictures into vectors."""

    def encode(self, images: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Returns float32 ``[n, dimension]``, rows of length 1."""


class TorchModel:
    """A torch encoder behind the verb of `Model`."""

    def __init__(self, encoder: "Encoder") -> None:
        self.encoder = encoder

    def encode(self, images: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Decodes, resizes and embeds pictures in batches."""
        from lookalike_components.encoder.encode import encode

        config = self.encoder.config
        to_square = partial(to_pixels, size=config.input_size, resize=config.resize, aspect=config.aspect)
        starts = range(0, len(images), BATCH)
        batches = (np.stack([to_square(image) for image in images[start : start + BATCH]]) for start in starts)
        return encode(self.encoder, batches)


def open_model(folder: Path) -> Model:
    """Opens what lies in a folder: a release or an encoder."""
    if (folder / "manifest.json").is_file():
        from lookalike_components.release.runtime import Release

        return Release.open(folder)
    if (folder / "encoder.json").is_file():
        from lookalike_components.encoder.folder import load

        return TorchModel(load(folder))
    raise UserError(f"{folder} holds neither a release (manifest.json) nor an encoder (encoder.json)")


def pretrained(model: str, weights: str, input_size: int) -> TorchModel:
    """Builds the pretrained encoder of a name in `lookalike_components.encoder.backbones`."""
    from lookalike_components.encoder.model import build

    return TorchModel(build(model, weights, input_size))
