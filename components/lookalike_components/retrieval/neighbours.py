"""Exact nearest neighbours by inner product (the cosine, for vectors of unit length)."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import LookalikeError, UserError

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]
ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Shown:
    """Which picture each query and each row of an index shows: one number for one picture, however often it is there.

    Attributes:
        asked: int64 [q].
        there: int64 [n]; -1 for a picture that no query shows.
    """

    asked: Positions
    there: Positions

    @property
    def copies(self) -> Positions:
        """How many rows of the index show the picture of each query: int64 [q]."""
        pictures, counts = np.unique(self.there, return_counts=True)
        if not len(pictures):
            return np.zeros(len(self.asked), np.int64)
        place = np.searchsorted(pictures, self.asked).clip(max=len(pictures) - 1)
        return np.where(pictures[place] == self.asked, counts[place], 0)

    @property
    def most_copies(self) -> int:
        """The most rows of the index that show the picture of one query."""
        return int(self.copies.max(initial=0))

    def under(self, asked_labels: Positions, there_labels: Positions) -> "Shown":
        """The same, one number for one picture under one label; labels are numbers from -1 on, int64 [q] and [n]."""
        width = max(asked_labels.max(initial=0), there_labels.max(initial=0)) + 2
        return Shown(self.asked * width + asked_labels, self.there * width + there_labels)

    def of(self, rows: Positions) -> "Shown":
        """The same of some queries, int64 rows."""
        return Shown(self.asked[rows], self.there)


class Search(Protocol):
    """A way to find the nearest vectors of one index."""

    @property
    def method(self) -> str:
        """``exact`` or ``approximate``."""

    @property
    def recall(self) -> float:
        """Share of the nearest vectors that it finds, in [0, 1]."""

    def __call__(self, queries: Vectors, k: int) -> tuple[Vectors, Positions]:
        """Finds the ``k`` nearest of each query, as `neighbours` does."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Compares each query with every vector of an index float32 [n, d]."""

    index: Vectors
    method: ClassVar[str] = "exact"
    recall: ClassVar[float] = 1.0

    def __call__(self, queries: Vectors, k: int) -> tuple[Vectors, Positions]:
        """Finds the ``k`` nearest of each query; among equal scores the lower position comes first."""
        # One neighbour more than asked for tells whether the last place is shared by equals.
        scores, positions = _nearest(queries, self.index, min(k + 1, len(self.index)))
        if k < len(self.index):
            _settle_ties(queries, self.index, scores, positions)
        return scores[:, :k], positions[:, :k]


def neighbours(queries: Vectors, index: Vectors, k: int) -> tuple[Vectors, Positions]:
    """Finds the ``k`` vectors of the index that are most like each query.

    Args:
        queries: float32 [q, d], rows of unit length.
        index: float32 [n, d], rows of unit length.
        k: Neighbours for each query, from 1 to n.

    Returns:
        Scores float32 [q, k] in [-1, 1], best first, and positions int64 [q, k] in the index. Among equal scores the
        lower position comes first.

    Raises:
        UserError: k is larger than the index, or below 1.
        LookalikeError: A vector holds a value that is not a finite number.
    """
    check_k(k, len(index))
    check_finite(queries, "query")
    check_finite(index, "index")
    return Exact(index)(queries, k)


def leave_one_out(vectors: Vectors, k: int) -> tuple[Vectors, Positions]:
    """Finds the ``k`` vectors that are most like each vector, itself left out.

    Args:
        vectors: float32 [n, d], rows of unit length; each is query and index at once.
        k: Neighbours for each vector, from 1 to n - 1.

    Returns:
        Scores float32 [n, k], best first, and positions int64 [n, k]; row i never holds i.

    Raises:
        UserError: k is larger than the number of other vectors, or below 1.
        LookalikeError: A vector holds a value that is not a finite number.
    """
    check_k(k, len(vectors), left_out=1)
    check_finite(vectors, "index")
    each = np.arange(len(vectors))
    return others(Exact(vectors), vectors, Shown(each, each), k)


def others(search: Search, queries: Vectors, shown: Shown, k: int) -> tuple[Vectors, Positions]:
    """Finds, for each query, the ``k`` most like it in an index, all rows that show its own picture left out.

    Args:
        search: Searches the index.
        queries: float32 [q, d].
        shown: Which picture each query and each row of the index shows.
        k: Neighbours for each, from 1 to n - c, where c is the most rows that show the picture of one query.

    Returns:
        Scores float32 [q, k], best first, and positions int64 [q, k].
    """
    scores, positions = search(queries, k + shown.most_copies)
    own = shown.there[positions] == shown.asked[:, None]
    first = np.argsort(own, axis=1, kind="stable")[:, :k]  # those that are not its own, in their order
    return np.take_along_axis(scores, first, axis=1), np.take_along_axis(positions, first, axis=1)


def check_k(k: int, images: int, left_out: int = 0) -> None:
    """Refuses a k that an index cannot answer; worth asking before anything is encoded.

    Args:
        k: Neighbours for each query.
        images: Size of the index.
        left_out: Images of the index that show a query itself and are left out of its results.

    Raises:
        UserError: k is larger than the number of images to be found, or below 1.
    """
    most = max(images - left_out, 0)
    if k > most:
        because = (
            f"each query has {most:,} other images to be found" if left_out else f"the index holds {most:,} images"
        )
        raise UserError(f"k is {k:,} but {because}; pass a k of {most:,} or less")
    if k < 1:
        raise UserError(f"k is {k:,}; pass a k of 1 or more")


def check_finite(vectors: Vectors, role: str) -> None:
    """Refuses vectors that cannot be compared.

    Raises:
        LookalikeError: A vector holds a value that is not a finite number.
    """
    # A sum with such a value is none either, and needs no copy; float64 has room for every sum of finite ones.
    faulty = np.flatnonzero(~np.isfinite(vectors.sum(axis=1, dtype=np.float64)))
    if faulty.size:
        raise LookalikeError(
            f"{role} vector {faulty[0]} holds a value that is not a finite number; "
            "the encoder is broken: train again with a lower learning rate"
        )


def in_order(scores: Vectors, positions: Positions) -> tuple[Vectors, Positions]:
    """Each row by falling score; among equal scores the lower position comes first."""
    order = np.lexsort((positions, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(positions, order, axis=1)


def _nearest(queries: Vectors, index: Vectors, k: int) -> tuple[Vectors, Positions]:
    asked, there = (np.ascontiguousarray(vectors, dtype=np.float32) for vectors in (queries, index))
    return in_order(*faiss.knn(asked, there, k, metric=faiss.METRIC_INNER_PRODUCT))


def _settle_ties(queries: Vectors, index: Vectors, scores: Vectors, positions: Positions) -> None:
    """Searches the whole index again for the queries whose last place several equals compete for."""
    width = scores.shape[1]
    tied = np.flatnonzero(scores[:, -2] == scores[:, -1]) if width > 1 else np.array([], dtype=np.int64)
    for start in range(0, len(tied), ROWS_AT_ONCE):
        rows = tied[start : start + ROWS_AT_ONCE]
        all_scores, all_positions = _nearest(queries[rows], index, len(index))
        scores[rows], positions[rows] = all_scores[:, :width], all_positions[:, :width]
