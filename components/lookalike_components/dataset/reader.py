"""Reads images back out of the shards, by range or by memory map, without unpacking anything."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset.cache import cached
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import local_path, read_range

SHARDS_MAPPED_AT_ONCE = 16


def read_image(shard: str, offset: int, nbytes: int) -> bytes:
    """Reads one image's bytes, and nothing else of its shard.

    Raises:
        UserError: The shard is gone.
        LookalikeError: The shard is shorter than it was.
    """
    return read_range(shard, offset, nbytes)


def read_images(table: pd.DataFrame) -> Iterator[bytes]:
    """Reads every image's bytes in the order of the table.

    Shards on this machine are mapped into memory; those in a bucket are first brought, whole, to a bounded cache.

    Args:
        table: Has the columns ``shard``, ``offset`` and ``nbytes``.

    Raises:
        UserError: A shard is gone.
        LookalikeError: A shard is shorter than it was.
    """
    for shard, offset, nbytes in zip(table["shard"], table["offset"], table["nbytes"], strict=True):
        data = _mapped(shard)[offset : offset + nbytes].tobytes()
        if len(data) < nbytes:
            raise LookalikeError(f"{shard} ends before byte {offset + nbytes:,}; delete it and run ingest again")
        yield data


@lru_cache(SHARDS_MAPPED_AT_ONCE)
def _mapped(shard: str) -> NDArray[np.uint8]:
    path = local_path(shard) or cached(shard)
    try:
        return np.memmap(path, np.uint8, mode="r")
    except FileNotFoundError as error:
        raise UserError(f"{shard} does not exist; run ingest again") from error
