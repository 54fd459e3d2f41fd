"""Where every image of a store lies, in columns: a million images take about a hundred megabytes."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]  # ``S64``: sha256 in hex
Numbers = NDArray[np.int64]


class Contents(NamedTuple):
    """The images of one shard, in the order in which they lie there.

    Attributes:
        shard: URI of the tar.
        ids: ``[n]`` sha256 of each image, in hex.
        offsets: ``[n]`` of each image's first byte within the tar.
        sizes: ``[n]`` in bytes.
    """

    shard: str
    ids: Ids
    offsets: Numbers
    sizes: Numbers


class Places:
    """The images of a store, found by their ids."""

    def __init__(self, shards: Sequence[str], ids: Ids, columns: NDArray[np.int64]) -> None:
        """Takes sorted ids, and for each of them a column of: number of the shard, offset, nbytes."""
        self._shards, self._ids, self._columns = shards, ids, columns

    @classmethod
    def of(cls, shards: Iterable[Contents]) -> Self:
        """Puts the lists of all shards together.

        An image that lies in several shards, because two sources were ingested at once, is the one in the shard whose
        name comes first: whoever asks gets the same answer.
        """
        ordered = sorted(shards, key=lambda contents: contents.shard)
        ids = np.concatenate([as_ids([]), *[contents.ids for contents in ordered]])
        columns = np.concatenate([_columns(number, contents) for number, contents in enumerate(ordered)], axis=1)
        first = np.unique(ids, return_index=True)[1]
        return cls([contents.shard for contents in ordered], ids[first], columns[:, first])

    @classmethod
    def none(cls) -> Self:
        """The places of an empty store."""
        return cls([], as_ids([]), np.empty((3, 0), np.int64))

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, ids: Ids) -> Numbers:
        """Row of each image, for `at`; -1 where the store does not hold it."""
        if not len(self):
            return np.full(len(ids), -1, np.int64)
        rows = np.minimum(np.searchsorted(self._ids, ids), len(self) - 1)
        return np.where(self._ids[rows] == ids, rows, -1)

    def at(self, rows: Numbers) -> pd.DataFrame:
        """Columns ``shard, offset, nbytes`` of rows that `find` gave."""
        numbers, offsets, sizes = self._columns[:, rows]
        shards = np.array(self._shards, dtype=object)[numbers]
        return pd.DataFrame({"shard": shards, "offset": offsets, "nbytes": sizes})

    def with_shard(self, contents: Contents) -> Self:
        """These places and those of a new shard, none of whose images was in the store."""
        order = np.argsort(contents.ids)
        ids, columns = contents.ids[order], _columns(len(self._shards), contents)[:, order]
        where = np.searchsorted(self._ids, ids)
        both = np.insert(self._ids, where, ids), np.insert(self._columns, where, columns, axis=1)
        return type(self)([*self._shards, contents.shard], *both)


def as_ids(ids: Sequence[str] | NDArray[np.generic]) -> Ids:
    """Ids as an array in which they can be searched."""
    return np.asarray(ids, dtype="S64")


def _columns(number: int, contents: Contents) -> NDArray[np.int64]:
    return np.stack([np.full(len(contents.ids), number), contents.offsets, contents.sizes]).astype(np.int64)
