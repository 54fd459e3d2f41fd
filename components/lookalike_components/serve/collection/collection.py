"""One release's index in service: what it was sealed with, less what was taken out, and what was added."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_hashable, is_object_dtype

from lookalike_components.errors import UserError, listed
from lookalike_components.release.runtime import Release
from lookalike_components.serve.collection.added import Added, AddedView
from lookalike_components.serve.collection.best import Positions, merged
from lookalike_components.serve.collection.changes import Vectors
from lookalike_components.serve.collection.columns import Column, Mask
from lookalike_components.serve.collection.filters import Wanted
from lookalike_components.serve.collection.sealed import Sealed
from lookalike_components.serve.refusals import TooManyNeighbours

Texts = npt.NDArray[Any]
EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The ``k`` nearest entries for each of ``n`` queries, best first.

    Where fewer than ``k`` are wanted, the end of a row has empty texts and the score -1.
    """

    ids: Texts
    """Text as object ``[n, k]``."""
    uris: Texts
    """Text as object ``[n, k]``."""
    labels: Texts
    """Text as object ``[n, k]``; empty where there is none."""
    scores: Vectors
    """float32 ``[n, k]``: cosines in -1..1."""
    counts: npt.NDArray[np.int32]
    """int32 ``[n]``: how many neighbours there really are in each row."""


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What can be found, at one moment."""

    visible: Mask | None
    """bool ``[sealed rows]``; None where no row was taken out."""
    added: AddedView


class Collection:
    """Safe to search from several threads while another one changes it."""

    def __init__(self, release: Release) -> None:
        table = release.table
        self.encoder: str = release.manifest.encoder.digest
        """Digest of the encoder whose vectors it compares."""
        self.dimension: int = release.manifest.encoder.dimension
        self._sealed = Sealed(release.index)
        self._texts = {name: table[name].fillna("").to_numpy(object) for name in ("image_id", "uri", "label")}
        self._table = table
        self._columns: dict[str, Column | None] = {}
        self._view = _View(None, Added(self.dimension).view())

    @property
    def images(self) -> int:
        """How many entries can be found."""
        view = self._view
        return self._visible_rows(view) + int(np.count_nonzero(view.added.alive))

    @property
    def sealed(self) -> int:
        """How many entries the release was sealed with."""
        return self._sealed.rows

    @property
    def hidden(self) -> int:
        """How many of those were taken out or replaced."""
        return self._sealed.rows - self._visible_rows(self._view)

    @property
    def added(self) -> int:
        """How many entries that can be found were added."""
        return int(np.count_nonzero(self._view.added.alive))

    @property
    def columns(self) -> list[str]:
        """Names of the columns to filter by."""
        names = [*self._table.columns, *self._view.added.rows.columns.copy()]
        return [name for name in dict.fromkeys(names) if name not in self._table or _can_be_compared(self._table[name])]

    def labels(self) -> dict[str, int]:
        """How many entries that can be found have each label."""
        view = self._view
        visible = np.ones(self._sealed.rows, np.bool_) if view.visible is None else view.visible
        column = self._column("label") or Column(self._sealed.rows)
        counts = {str(key): count for key, count in column.counts(visible).items()}
        for key, count in view.added.rows.columns["label"].counts(view.added.alive).items():
            counts[str(key)] = counts.get(str(key), 0) + count
        return {label: count for label, count in counts.items() if count}

    def sealed_among(self, ids: AbstractSet[str]) -> set[str]:
        """Those of some ids that the release was sealed with."""
        return set(self._texts["image_id"][self._of(ids)])

    def found_among(self, ids: AbstractSet[str]) -> set[str]:
        """Those of some ids that can be found."""
        view, rows = self._view, self._of(ids)
        visible = rows if view.visible is None else rows & view.visible
        return {*self._texts["image_id"][visible], *view.added.found_among(ids)}

    def search(self, vectors: Vectors, k: int, wanted: Wanted = EVERYTHING) -> Found:
        """Finds the ``k`` nearest wanted entries for each vector.

        Args:
            vectors: float32 ``[n, d]`` of unit length that this release's encoder made.
            k: How many to find, from 1 to the number of entries; see `check_k`.
            wanted: Which entries may be found.

        Raises:
            UserError: A filter names a column that is not there.
        """
        view, queries = self._view, np.ascontiguousarray(vectors, np.float32)
        scores, positions = self._sealed.search(queries, k, self._among_sealed(view, wanted))
        if view.added.alive.any():
            more, rows = view.added.search(queries, k, self._among_added(view, wanted))
            shifted = np.where(rows < 0, -1, rows + self._sealed.rows)
            scores, positions = merged((scores, positions), (more, shifted))
        return self._found(view, scores, positions)

    def update(self, ids: AbstractSet[str] | None, added: Added, hidden: AbstractSet[str]) -> None:
        """Takes changes over; one thread at a time.

        Args:
            ids: What was changed; None where that can be anything.
            added: What was added for this release's encoder.
            hidden: Ids that were taken out of the index.
        """
        before = self._view.visible if ids is not None else None
        visible = np.ones(self._sealed.rows, np.bool_) if before is None else before.copy()
        gone = {*hidden, *added} if ids is None else {id_ for id_ in ids if id_ in added or id_ in hidden}
        if ids:
            visible[self._of(ids - gone)] = True
        visible[self._of(gone)] = False
        self._view = _View(None if visible.all() else visible, added.view())

    def _of(self, ids: Iterable[str]) -> Mask:
        """Which rows of the sealed index have one of these ids."""
        column = self._column("image_id") if ids else None
        return column.holds(ids, self._sealed.rows) if column else np.zeros(self._sealed.rows, np.bool_)

    def _visible_rows(self, view: _View) -> int:
        return self._sealed.rows if view.visible is None else int(np.count_nonzero(view.visible))

    def _among_sealed(self, view: _View, wanted: Wanted) -> Mask | None:
        if not wanted:
            return view.visible
        allowed = np.ones(self._sealed.rows, np.bool_) if view.visible is None else view.visible.copy()
        columns = self._known(view, wanted)
        for name, values in wanted.filter.items():
            column = columns[name][0] or Column(self._sealed.rows)
            allowed &= column.holds(values, self._sealed.rows)
        return allowed & ~self._of(wanted.exclude)

    def _among_added(self, view: _View, wanted: Wanted) -> Mask | None:
        if not wanted:
            return None
        rows = len(view.added.alive)
        allowed, columns = view.added.alive.copy(), self._known(view, wanted)
        for name, values in wanted.filter.items():
            column = columns[name][1] or Column(rows)
            allowed &= column.holds(values, rows)
        return allowed & ~view.added.of(wanted.exclude)

    def _known(self, view: _View, wanted: Wanted) -> Mapping[str, tuple[Column | None, Column | None]]:
        """The columns of a filter, in the sealed index and in what was added."""
        columns = {name: (self._column(name), view.added.rows.columns.get(name)) for name in wanted.filter}
        for name, pair in columns.items():
            if pair == (None, None):
                raise UserError(
                    f"the index has no column {name[:100]!r} to filter by; it has {listed(self.columns, most=20)}"
                )
        return columns

    def _column(self, name: str) -> Column | None:
        """A column of the sealed index; coded when it is first asked for, and None where that cannot be done."""
        if name not in self._table:
            return None
        if name not in self._columns:
            try:
                self._columns[name] = Column.of(self._table[name])
            except TypeError:  # lists, and what else has no equals
                self._columns[name] = None
        return self._columns[name]

    def _found(self, view: _View, scores: Vectors, positions: Positions) -> Found:
        counts = np.count_nonzero(positions >= 0, axis=1).astype(np.int32)
        texts = {name: self._taken(view, name, positions) for name in self._texts}
        return Found(texts["image_id"], texts["uri"], texts["label"], scores, counts)

    def _taken(self, view: _View, name: str, positions: Positions) -> Texts:
        texts = np.full(positions.shape, "", object)
        sealed = (positions >= 0) & (positions < self._sealed.rows)
        texts[sealed] = self._texts[name][positions[sealed]]
        for place in zip(*np.nonzero(positions >= self._sealed.rows), strict=True):
            entry = view.added.rows.entries[positions[place] - self._sealed.rows]
            texts[place] = {"image_id": entry.id, "uri": entry.uri, "label": entry.label}[name]
        return texts

    def check_k(self, k: int) -> None:
        """Refuses a ``k`` that the index cannot answer; worth asking before anything is encoded.

        Raises:
            TooManyNeighbours: It is below 1 or above the number of entries.
        """
        images = self.images
        if images == 0:
            raise TooManyNeighbours("the index holds no images; add some, or serve a release that has some")
        if not 1 <= k <= images:
            raise TooManyNeighbours(f"k is {k} but the index holds {images:,} images; ask for 1 to {images:,}")

    def comparisons(self, queries: int) -> int:
        """Multiplications that a search for so many queries takes at the most."""
        return queries * self.dimension * (self._sealed.rows + len(self._view.added.alive))


def _can_be_compared(values: "pd.Series[Any]") -> bool:
    """Whether a column holds plain values, and no lists, as far as its first one tells."""
    first = values.first_valid_index()
    return not is_object_dtype(values) or first is None or is_hashable(values[first])
