"""Looks at the two pictures of a pair: the one thing that tells a copy from a drawing of the same outline."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from lookalike_components.dataset import in_order, read_images
from lookalike_components.duplicates.candidates import Pairs
from lookalike_components.duplicates.likeness import SIDE, Values, likeness
from lookalike_components.pixels import to_pixels

PAIRS_AT_ONCE = 1024
FINER = 4  # a JPEG is decoded at a fraction of its size, which differs from file to file: finer than is compared


def confirmed(table: pd.DataFrame, blocks: Iterable[Pairs], mirrored: bool = False) -> Iterator[tuple[Pairs, Values]]:
    """Keeps the pairs whose pictures are the same but for compression, size, light, a slight crop or a border.

    Args:
        table: Has the columns ``shard``, ``offset`` and ``nbytes``.
        blocks: Pairs of rows, some at a time.
        mirrored: Whether a picture's mirror image is the same picture.

    Yields:
        Pairs, and their correlation once they are laid over each other: float32 ``[p]``.

    Raises:
        UserError: A shard is gone.
    """
    for block in blocks:
        for start in range(0, len(block), PAIRS_AT_ONCE):
            pairs = block[start : start + PAIRS_AT_ONCE]
            rows, places = np.unique(pairs, return_inverse=True)
            pictures = small_pictures(table.iloc[rows])
            same, correlation = _compared(pictures, places.reshape(-1, 2), mirrored)
            yield pairs[same], correlation[same]


def small_pictures(table: pd.DataFrame) -> NDArray[np.uint8]:
    """Every picture of a table, squeezed to a small square: uint8 ``[n, SIDE, SIDE, 3]``, RGB."""
    pictures = list(in_order(small_picture, read_images(table)))
    return np.stack(pictures) if pictures else np.empty((0, SIDE, SIDE, 3), np.uint8)


def small_picture(data: bytes) -> NDArray[np.uint8]:
    """One picture, squeezed to a small square: uint8 ``[SIDE, SIDE, 3]``, RGB."""
    return np.asarray(Image.fromarray(to_pixels(data, FINER * SIDE, "fast")).reduce(FINER))


def _compared(pictures: NDArray[np.uint8], places: Pairs, mirrored: bool) -> tuple[NDArray[np.bool_], Values]:
    first, second = pictures[places[:, 0]], pictures[places[:, 1]]
    found = likeness(first, second)
    same, correlation = found.same(), found.correlation
    if mirrored:
        other = np.flatnonzero(~same)
        turned = likeness(first[other, :, ::-1], second[other])
        same[other], correlation[other] = turned.same(), turned.correlation
    return same, correlation
