"""Images of a table as batches of pixels, decoded ahead of whoever consumes them."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.dataset.reader import read_images
from lookalike_components.pixels import Aspect, ResizePolicy, to_pixels
from lookalike_components.progress import track
from lookalike_components.storage import replacing

BATCH_SIZE = 64


def load_pixels(
    table: pd.DataFrame,
    size: int,
    resize: ResizePolicy = "exact",
    batch_size: int = BATCH_SIZE,
    aspect: Aspect = "squash",
) -> Iterator[NDArray[np.uint8]]:
    """Decodes a table's images in its order; memory does not grow with their number.

    Threads prepare whole batches ahead of the one that is asked for, so that who takes them waits for the first alone,
    as long as its work on a batch takes longer than theirs.

    Args:
        table: Has the columns ``shard``, ``offset`` and ``nbytes``.
        size: Side of the square that every image is resized to, in pixels.
        resize: How; see `lookalike_components.pixels.to_pixels`.
        batch_size: Images a batch; the last one may be smaller.
        aspect: What becomes of its shape; likewise.

    Yields:
        uint8 ``[batch, size, size, 3]``, RGB.
    """
    prepare = partial(to_pixels, size=size, resize=resize, aspect=aspect)
    files = read_images(table)
    batches = iter(lambda: list(islice(files, batch_size)), [])
    return in_order(
        lambda batch: np.stack([prepare(data) for data in batch]),
        batches,
        expected=lambda batch: len(batch) * 3 * size**2,
        size=lambda pixels: pixels.nbytes,
    )


def pixel_memmap(
    table: pd.DataFrame, size: int, resize: ResizePolicy, folder: str | Path, aspect: Aspect = "squash"
) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    """Decodes a table's images once, into a file in ``folder``, and maps it into memory.

    For training, which comes back to every image many times. The file takes ``3 * size * size`` bytes an image.

    Args:
        table: Has the columns ``shard``, ``offset`` and ``nbytes``, and at least one row.
        size: Side of the square that every image is resized to, in pixels.
        resize: How; see `lookalike_components.pixels.to_pixels`.
        folder: Where the file goes; it is the caller's to delete.
        aspect: What becomes of their shape; likewise.

    Returns:
        uint8 ``[len(table), size, size, 3]``, RGB, read-only, in the order of the table.

    Raises:
        LookalikeError: The disk is full.
    """
    path = Path(folder) / f"{uuid4().hex}.pixels"
    batches = track(load_pixels(table, size, resize, aspect=aspect), len(table), "images", each=BATCH_SIZE)
    with replacing(path) as temporary, temporary.open("wb") as file:
        for batch in batches:
            file.write(batch.data)
    return np.memmap(path, np.uint8, mode="r", shape=(len(table), size, size, 3))
