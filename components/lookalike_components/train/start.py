"""The encoder as it is before the first step: a pretrained backbone, or an encoder that was trained before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from pydantic import ValidationError
from torchvision.transforms.v2.functional import resize

from lookalike_components import storage
from lookalike_components.encoder import folder
from lookalike_components.encoder.config import EncoderConfig, read_config
from lookalike_components.encoder.encode import features
from lookalike_components.encoder.head import start_head
from lookalike_components.encoder.model import Encoder, best_device, build, versions
from lookalike_components.encoder.weights import file_digest, resolve
from lookalike_components.errors import UserError
from lookalike_components.step_config import explain
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.pictures.pictures import Pictures, Pixels

BATCH_SIZE = 64
OF_THE_PARENT = ("model", "input_size", "resize", "aspect", "pooling", "dimension")
"""What an encoder to start from says of itself."""
MOST_PICTURES = 10_000
"""A head is started from so many training pictures at most; more hardly move the directions that it takes."""


@contextmanager
def parent_of(config: TrainConfig) -> Iterator[Path | None]:
    """The folder of the encoder to go on from, on this machine's disk; None for a pretrained backbone.

    Raises:
        UserError: There is no such encoder.
        LookalikeError: Its folder is damaged, or could not be had.
    """
    local = storage.local_path(config.start_from) if config.start_from else None
    with TemporaryDirectory(prefix="lookalike-parent-") as scratch:
        if config.start_from and local is None:
            storage.download_folder(config.start_from, local := Path(scratch))
        yield local


def agreed(config: TrainConfig, parent: Path | None) -> TrainConfig:
    """The settings, with those of an encoder to start from where they were left out: it stays what it is.

    Raises:
        UserError: The settings ask for another encoder than it is, or for what it cannot do.
        LookalikeError: Its folder is damaged.
    """
    if parent is None:
        return config
    own = read_config(parent)
    _check_agreement(config, own)
    taken = {name: getattr(own, name) for name in OF_THE_PARENT} | {"dimension": own.dimension if own.head else 0}
    try:
        return TrainConfig.model_validate({**config.model_dump(), **taken})
    except ValidationError as error:
        raise UserError(explain(error)) from error


def fetch_weights(config: TrainConfig) -> None:
    """Has the pretrained weights on this machine's disk before several processes ask for them at once."""
    if not config.start_from:
        resolve(config.model, config.weights, config.weights_sha256)


def starting_encoder(config: TrainConfig, parent: Path | None, table: str | Path) -> Encoder:
    """Makes the encoder that training begins with; it names its parent and the table that it is to be trained on.

    Raises:
        LookalikeError: The weights could not be had, or are damaged.
    """
    encoder = _from_folder(parent) if parent else _pretrained(config)
    made_of = {
        "data": file_digest(Path(table)),
        "settings": config.digest(),
        "matryoshka": config.matryoshka,
        "versions": versions(),
    }
    encoder.config = encoder.config.model_copy(update=made_of)
    return encoder


def start_new_head(encoder: Encoder, pictures: Pictures, config: TrainConfig, world: World = ALONE) -> None:
    """Starts a new head from training pictures; a parent's head, or none, stays as it is.

    Args:
        encoder: The encoder that training begins with; its head is changed.
        pictures: The training pictures; a sample of them is looked at, by each process its share.
        config: Says how the head starts.
        world: The processes that share the work.

    Raises:
        UserError: The head is to be longer than the features that it projects.
    """
    if not config.dimension or config.head == "random" or encoder.config.parent:
        return
    sample = np.random.default_rng(config.chance).permutation(len(pictures))[:MOST_PICTURES]
    share = sample[world.share(len(sample))]
    taken = (pictures.take(share[start : start + BATCH_SIZE]) for start in range(0, len(share), BATCH_SIZE))
    part = torch.tensor(features(encoder, (_of_size(pixels, encoder.config.input_size) for pixels in taken)))
    together = world.together(part.to(best_device()), len(sample))
    start_head(encoder.cpu(), together.cpu().numpy(), config.head)


def _of_size(pixels: Pixels, size: int) -> Pixels:
    """Pictures ``[b, h, h, 3]`` at the encoder's own size; those that crops are cut from are kept larger."""
    if pixels.shape[1] == size:
        return pixels
    resized: Pixels = resize(torch.tensor(pixels).permute(0, 3, 1, 2), [size, size]).permute(0, 2, 3, 1).numpy()
    return resized


def _pretrained(config: TrainConfig) -> Encoder:
    torch.manual_seed(config.chance)  # for a head that starts at random
    return build(**config.pretrained(), dimension=config.dimension, pooling=config.pooling)


def _from_folder(parent: Path) -> Encoder:
    encoder = folder.load(parent)
    encoder.config = encoder.config.model_copy(update={"parent": folder.digest(parent)})
    return encoder


def _check_agreement(config: TrainConfig, parent: EncoderConfig) -> None:
    for name in OF_THE_PARENT:
        value, own = getattr(config, name), getattr(parent, name)
        if config.gives(name) and value != own:
            raise UserError(
                f"{name} is {value}, but the encoder {config.start_from} to start from has {own}; "
                f"set {name} to {own}, or leave start_from empty"
            )
