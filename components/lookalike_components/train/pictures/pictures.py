"""One subset of the image table, as training looks at it: again and again, in any order."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import are_unlabelled, in_order, pixel_memmap, read_images
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.errors import UserError
from lookalike_components.pixels import to_pixels
from lookalike_components.progress import say
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import ALONE, World

Pixels = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Later:
    """Pictures that found no room and are decoded whenever somebody looks at them.

    Attributes:
        rows: Their rows of the image table.
        size: Side that they are brought to, in pixels.
        encoder: Says how.
    """

    rows: pd.DataFrame
    size: int
    encoder: EncoderConfig

    def take(self, positions: Positions) -> list[Pixels]:
        """Decodes the pictures at these positions, some at once."""
        decode_one = partial(to_pixels, size=self.size, resize=self.encoder.resize, aspect=self.encoder.aspect)
        return list(in_order(decode_one, read_images(self.rows.iloc[positions])))


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pixels and labels of ``n`` pictures.

    Attributes:
        pixels: uint8 ``[m, size, size, 3]``, RGB, mapped from a file: those of the first ``m`` pictures.
        labels: int64 ``[n]``, from 0 up to the number of classes.
        categories: int64 ``[n]``, the value of a column that groups labels; None where none was asked for.
        later: The pictures behind the first ``m``; None where all of them are in ``pixels``.
        unlabelled: Whether the labels only number the pictures.
    """

    pixels: Pixels
    labels: Positions
    categories: Positions | None = None
    later: Later | None = None
    unlabelled: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, positions: Positions) -> Pixels:
        """The pixels uint8 ``[b, size, size, 3]`` of the pictures at these positions."""
        if self.later is None:
            return self.pixels[positions]
        kept = positions < len(self.pixels)
        taken = np.empty((len(positions), *self.pixels.shape[1:]), np.uint8)
        taken[kept] = self.pixels[positions[kept]]
        if not kept.all():
            taken[~kept] = self.later.take(positions[~kept] - len(self.pixels))
        return taken

    @property
    def classes(self) -> int:
        """Number of distinct labels."""
        return int(self.labels.max()) + 1


def decode(
    table: pd.DataFrame,
    subset: str,
    encoder: EncoderConfig,
    size: int,
    folder: str | Path,
    config: TrainConfig,
    world: World = ALONE,
    taken: int = 0,
) -> Pictures:
    """Decodes the rows of one subset into a file in ``folder``; of the processes of a machine, one does it for all.

    Args:
        table: Image table with labels and subsets.
        subset: Which rows.
        encoder: Says how pictures are brought to their size.
        size: Side of the pictures in pixels.
        folder: Where the file goes.
        config: Says how large the file may become, and which column has the categories.
        world: The processes that share the work.
        taken: Bytes of ``cache_megabytes`` that other pictures take already.

    Raises:
        UserError: The table has no such column.
    """
    if config.category and config.category not in table:
        raise UserError(
            f"the image table has no column {config.category} for train.category; it has {', '.join(table.columns)}"
        )
    rows = table[table["subset"] == subset]
    room = max(0, config.cache_megabytes * MEGABYTE - taken) // (3 * size * size)
    now, later = rows.iloc[:room], rows.iloc[room:]
    if len(later) and world.leads:
        say(
            f"{len(later):,} pictures of {subset} are beyond train.cache_megabytes and are decoded at each use; "
            "raise it where there is disk to spare"
        )
    shape = len(now), size, size, 3
    return Pictures(
        _mapped(now, encoder, folder, shape, world),
        _numbered(rows["label"]),
        _numbered(rows[config.category]) if config.category else None,
        Later(later, size, encoder) if len(later) else None,
        are_unlabelled(rows),
    )


def _mapped(
    rows: pd.DataFrame, encoder: EncoderConfig, folder: str | Path, shape: tuple[int, ...], world: World
) -> Pixels:
    if rows.empty:
        return np.empty(shape, np.uint8)

    def decoded() -> str:
        return str(pixel_memmap(rows, shape[1], encoder.resize, folder, encoder.aspect).filename)

    return np.memmap(world.once_a_machine(decoded), np.uint8, mode="r", shape=shape)


def _numbered(column: "pd.Series[str]") -> Positions:
    return pd.factorize(column)[0].astype(np.int64)
