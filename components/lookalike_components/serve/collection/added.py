"""What was added for one encoder: rows that one thread writes and any number search meanwhile."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike_components.serve.collection.best import Positions, best_of, merged, nothing
from lookalike_components.serve.collection.changes import Entry, Vectors
from lookalike_components.serve.collection.columns import Column, Mask

ROWS_AT_ONCE = 16_384
WASTE = 1_024
"""Rows that may lie about unused before they are cleared away, besides as many as are in use."""


class Rows:
    """Entries and vectors in the order in which they came; rows are appended and never changed."""

    def __init__(self, dimension: int) -> None:
        self.entries: list[Entry] = []
        self.vectors: Vectors = np.empty((0, dimension), np.float32)
        """float32 ``[at least as many as entries, d]``."""
        self.columns: dict[str, Column] = {"label": Column(), "image_id": Column(), "uri": Column()}

    def append(self, entries: Sequence[Entry], vectors: Vectors) -> None:
        """Appends rows; a reader of earlier ones is not disturbed."""
        start, end = len(self.entries), len(self.entries) + len(entries)
        if end > len(self.vectors):
            room = np.empty((max(end - start, start // 2), self.vectors.shape[1]), np.float32)
            self.vectors = np.concatenate([self.vectors[:start], room])
        self.vectors[start:end] = vectors
        for name in {name for entry in entries for name in entry.columns} - self.columns.keys():
            self.columns[name] = Column(start)
        for name, column in self.columns.items():
            column.extend([value_of(entry, name) for entry in entries])
        self.entries.extend(entries)


def value_of(entry: Entry, column: str) -> str | int | float | bool | None:
    """What an entry has in a column."""
    own = {"label": entry.label, "image_id": entry.id, "uri": entry.uri}
    return own[column] if column in own else entry.columns.get(column)


@dataclass(frozen=True, slots=True, eq=False)
class AddedView:
    """What was added, at one moment."""

    rows: Rows
    alive: Mask
    """bool ``[count]``: which of the first rows can be found."""

    def of(self, ids: Collection[str]) -> Mask:
        """Which rows have one of these ids."""
        return self.rows.columns["image_id"].holds(ids, len(self.alive))

    def found_among(self, ids: Collection[str]) -> set[str]:
        """Those of some ids that can be found."""
        return {self.rows.entries[row].id for row in np.flatnonzero(self.of(ids) & self.alive)}

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, Positions]:
        """Finds the ``k`` nearest of the ``allowed`` rows (None: all that can be found), as `Sealed.search` does."""
        wanted, best = self.alive if allowed is None else allowed, nothing(len(queries), k)
        for start in range(0, len(wanted), ROWS_AT_ONCE):
            some = wanted[start : start + ROWS_AT_ONCE]
            if some.any():
                vectors, places = self.rows.vectors[start : start + len(some)], np.arange(start, start + len(some))
                best = merged(best, best_of(queries, vectors, k, places, some))
        return best


class Added:
    """The entries of one encoder, by id."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._rows = Rows(dimension)
        self._places: dict[str, int] = {}
        self._alive: Mask = np.empty(0, np.bool_)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def view(self) -> AddedView:
        """What is there now, and stays so for whoever holds it."""
        return AddedView(self._rows, self._alive)

    def put(self, entries: Sequence[Entry], vectors: Vectors) -> None:
        """Adds entries, in place of earlier ones of the same ids; of several with one id, the last counts."""
        start = len(self._rows.entries)
        self._rows.append(entries, vectors)
        alive = np.concatenate([self._alive, np.ones(len(entries), np.bool_)])
        for place, entry in enumerate(entries, start=start):
            before = self._places.get(entry.id)
            if before is not None:
                alive[before] = False
            self._places[entry.id] = place
        self._alive = alive
        self._clear_away()

    def drop(self, ids: Iterable[str]) -> list[str]:
        """Takes entries out; tells which of the ids were there."""
        dropped = {id_: place for id_ in ids if (place := self._places.pop(id_, None)) is not None}
        if dropped:
            self._alive = self._alive.copy()
            self._alive[list(dropped.values())] = False
            self._clear_away()
        return list(dropped)

    def batches(self, size: int) -> Iterator[tuple[tuple[Entry, ...], Vectors]]:
        """All entries with their vectors, ``size`` at a time."""
        places = list(self._places.values())
        for start in range(0, len(places), size):
            some = places[start : start + size]
            yield tuple(self._rows.entries[place] for place in some), self._rows.vectors[some]

    def _clear_away(self) -> None:
        """Starts anew once most rows are out of use; views of the old rows keep those."""
        if len(self._alive) <= 2 * len(self._places) + WASTE:
            return
        rows, places = Rows(self.dimension), list(self._places.values())
        rows.append([self._rows.entries[place] for place in places], self._rows.vectors[places])
        self._rows, self._alive = rows, np.ones(len(places), np.bool_)
        self._places = {entry.id: place for place, entry in enumerate(rows.entries)}
