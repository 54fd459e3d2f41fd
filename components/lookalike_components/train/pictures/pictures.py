"""One subset of the image table, decoded once so that training can come back to every picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import pixel_memmap
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.train.distributed.world import ALONE, World


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pixels and labels of ``n`` pictures.

    Attributes:
        pixels: uint8 ``[n, size, size, 3]``, RGB, mapped from a file.
        labels: int64 ``[n]``, from 0 up to the number of classes.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The pixels uint8 ``[b, size, size, 3]`` of the pictures at these positions."""
        return self.pixels[positions]

    @property
    def classes(self) -> int:
        """Number of distinct labels."""
        return int(self.labels.max()) + 1


def decode(
    table: pd.DataFrame, subset: str, encoder: EncoderConfig, size: int, folder: str | Path, world: World = ALONE
) -> Pictures:
    """Decodes the rows of one subset into a file in ``folder``; of the processes of a machine, one does it for all.

    Args:
        table: Image table with labels and subsets.
        subset: Which rows.
        encoder: Says how pictures are brought to their size.
        size: Side of the pictures in pixels.
        folder: Where the file goes.
        world: The processes that share the work.
    """
    rows = table[table["subset"] == subset]
    labels, _ = pd.factorize(rows["label"])
    shape = len(rows), size, size, 3
    if rows.empty:
        return Pictures(np.empty(shape, np.uint8), labels.astype(np.int64))
    path = world.once_a_machine(lambda: str(pixel_memmap(rows, size, encoder.resize, folder).filename))
    return Pictures(np.memmap(path, np.uint8, mode="r", shape=shape), labels.astype(np.int64))
