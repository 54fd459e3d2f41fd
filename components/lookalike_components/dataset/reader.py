"""Reads images back out of the shards, by range or by memory map, without unpacking anything."""

import functools
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset import cache
from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import local_path, read_range

SHARDS_MAPPED_AT_ONCE = 16
RANGES_READ_AT_ONCE = 16

Row = tuple[str, int, int]  # shard, offset, nbytes


def read_image(shard: str, offset: int, nbytes: int) -> bytes:
    """Reads one image's bytes: from the cache where its shard lies there, else nothing else of the shard.

    Raises:
        UserError: The shard is gone.
        LookalikeError: The shard is shorter than it was.
    """
    if local_path(shard) is None and cache.holds(shard):
        return _from_map((shard, offset, nbytes))
    return read_range(shard, offset, nbytes)


def read_images(table: pd.DataFrame) -> Iterator[bytes]:
    """Reads every image's bytes in the order of the table.

    Shards on this machine are mapped into memory. One in a bucket is brought here whole, to a bounded cache, where the
    table wants at least a quarter of it; otherwise its images are read by range, some ahead of their turn.

    Args:
        table: Has the columns ``shard``, ``offset`` and ``nbytes``.

    Raises:
        UserError: A shard is gone.
        LookalikeError: A shard is shorter than it was.
    """
    rows = zip(table["shard"], table["offset"], table["nbytes"], strict=True)
    if all(local_path(shard) for shard in table["shard"].unique()):
        return (_from_map(row) for row in rows)
    images = table[["shard", "offset", "nbytes"]].drop_duplicates()
    wanted = images.groupby("shard")["nbytes"].sum()

    @functools.cache
    def comes_whole(shard: str) -> bool:
        return local_path(shard) is not None or cache.is_worth_it(shard, int(wanted[shard]))

    def read(row: Row) -> bytes:
        return _from_map(row) if comes_whole(row[0]) else read_image(*row)

    return in_order(read, rows, threads=RANGES_READ_AT_ONCE, expected=lambda row: row[2], size=len)


def _from_map(row: Row) -> bytes:
    shard, offset, nbytes = row
    data = _mapped(shard)[offset : offset + nbytes].tobytes()
    if len(data) < nbytes:
        raise LookalikeError(f"{shard} ends before byte {offset + nbytes:,}; delete it and run ingest again")
    return data


@functools.lru_cache(SHARDS_MAPPED_AT_ONCE)
def _mapped(shard: str) -> NDArray[np.uint8]:
    try:
        path = local_path(shard)
        return cache.mapped(shard) if path is None else np.memmap(path, np.uint8, mode="r")
    except FileNotFoundError as error:
        raise UserError(f"{shard} does not exist; run ingest again") from error
