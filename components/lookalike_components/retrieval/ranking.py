"""From vectors and labels to ranked results of known relevance, some queries at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.retrieval.approximate import search_in
from lookalike_components.retrieval.metrics import DEEPEST_HIT, Counts, Relevance, Values, per_query
from lookalike_components.retrieval.neighbours import Positions, Search, Shown, Vectors, check_finite, check_k, others

Labels = Sequence[str | None]
Watched = Callable[[Sequence[Positions]], Iterable[Positions]]
"""Passes blocks of queries on, and may tell how far they are."""
QUERIES_AT_ONCE = 4096
NUMBERS_AT_ONCE = 2**22


@dataclass(frozen=True, slots=True)
class Ranking:
    """The neighbours of each query that can be judged, best first.

    Rankings are as deep as the metrics need, which for labels of many pictures is deep: of all but the first ``k``
    results only a bit is kept, whether they are relevant.

    Attributes:
        judged: int64 [q], rows of the given queries that have a relevant image at all; the others are left out below.
        scores: float32 [q, k], inner products.
        positions: int64 [q, k], rows of the index.
        relevant: int64 [q], relevant images in the index (rows that show the query itself not counted).
        depth: Results that were looked at: the largest of k, R and 10, or the whole index.
        bits: uint8 [q, depth / 8], the relevance of each of them.
        best_right: float32 [q], the score of the first relevant one; of the last of all where none is.
        best_wrong: float32 [q], the score of the first that is not relevant; of the last of all where none is.
        method: How the index was searched, ``exact`` or ``approximate``.
        recall: Share of the nearest pictures that this finds, in [0, 1], measured on a sample of the queries.
    """

    judged: Positions
    scores: Vectors
    positions: Positions
    relevant: Counts
    depth: int
    bits: NDArray[np.uint8]
    best_right: Vectors
    best_wrong: Vectors
    method: str
    recall: float

    def relevance(self, rows: slice = slice(None)) -> Relevance:
        """Whether each result carries its query's label, bool [q, depth], of some queries."""
        return np.unpackbits(self.bits[rows], axis=1, count=self.depth).astype(bool)

    def metrics(self, k: int) -> dict[str, Values]:
        """Every metric for each judged query: float64 [q] by name."""
        blocks = [per_query(self.relevance(rows), self.relevant[rows], k) for rows in _slices(self.judged, self.depth)]
        shared = [name for name in blocks[0] if all(name in block for block in blocks)]
        return {name: np.concatenate([block[name] for block in blocks]) for name in shared}

    def margins(self) -> Vectors:
        """How far the best right result is ahead of the best wrong one, float32 [q] in [-2, 2]; below 0, it is behind.

        Where the ranking is too short to hold one of the two, its last score stands in, which bounds it from above.
        """
        return self.best_right - self.best_wrong


def rank(
    queries: Vectors,
    query_labels: Labels,
    index: Vectors,
    index_labels: Labels,
    k: int,
    watched: Watched = iter,
    shown: Shown | None = None,
) -> Ranking:
    """Ranks the index for each query, deep enough for the metrics at k and at R.

    Args:
        queries: float32 [q, d], rows of unit length.
        query_labels: [q]; a query whose label is not in the index (or is None) cannot be judged and is left out.
        index: float32 [n, d], rows of unit length.
        index_labels: [n]; None for an image that is relevant to no query.
        k: Results that people look at, from 1 to the rows that can be found.
        watched: Passes on blocks of the judged queries, int64 rows each; for progress.
        shown: Which picture each query and each row of the index shows: rows that show a query itself are not among its
            results. None where the index does not hold the queries, or is to answer with them.

    Raises:
        UserError: k is larger than the index.
        LookalikeError: A vector holds a value that is not a finite number.
    """
    shown = shown or Shown(np.arange(len(queries)), np.full(len(index), -1))
    check_k(k, len(index), shown.most_copies)
    if queries is not index:
        check_finite(queries, "query")
    check_finite(index, "index")
    query_codes, index_codes = _codes(query_labels, index_labels)
    relevant = _relevant(query_codes, index_codes, shown)
    depth = _depth(k, relevant, len(index) - shown.most_copies)
    search = search_in(index, queries, depth + shown.most_copies)
    judged = np.flatnonzero(relevant > 0)
    found = ((rows, *others(search, queries[rows], shown.of(rows), depth)) for rows in watched(_blocks(judged, depth)))
    parts = [_part(query_codes[rows], index_codes, scores, positions, k) for rows, scores, positions in found]
    return _ranking(judged, relevant, depth, parts, search)


def rank_leave_one_out(
    vectors: Vectors, labels: Labels, k: int, watched: Watched = iter, pictures: Counts | None = None
) -> Ranking:
    """Ranks, for each image, all the others: every image is a query, and is left out of its own results.

    Args:
        vectors: float32 [n, d], rows of unit length.
        labels: [n]; an image whose label nothing else carries cannot be judged and is left out of the queries.
        k: Results that people look at, from 1 to n - 1.
        watched: Passes on blocks of the judged queries, int64 rows each; for progress.
        pictures: int64 [n], one number for one picture, where a picture may be there more than once; it is left out of
            its own results wherever it is. None where no two rows are one picture.

    Raises:
        UserError: k is larger than the number of other images.
        LookalikeError: A vector holds a value that is not a finite number.
    """
    each = np.arange(len(vectors)) if pictures is None else pictures
    return rank(vectors, labels, vectors, labels, k, watched, Shown(each, each))


Part = tuple[Vectors, Positions, NDArray[np.uint8], Vectors, Vectors]


def _part(asked: Counts, there: Counts, scores: Vectors, positions: Positions, k: int) -> Part:
    """What is kept of the results of some queries: scores, positions, bits, best right and best wrong score."""
    relevance = asked[:, None] == there[positions]
    # Copies: a view would keep the deep results alive.
    kept = scores[:, :k].copy(), positions[:, :k].copy()
    return *kept, np.packbits(relevance, axis=1), _best(scores, relevance), _best(scores, ~relevance)


def _ranking(judged: Positions, relevant: Counts, depth: int, parts: Sequence[Part], search: Search) -> Ranking:
    scores, positions, bits, right, wrong = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Ranking(judged, scores, positions, relevant[judged], depth, bits, right, wrong, search.method, search.recall)


def _depth(k: int, relevant: Counts, most: int) -> int:
    return min(max(k, int(relevant.max(initial=0)), DEEPEST_HIT), most)


def _slices(rows: Positions, depth: int) -> Iterator[slice]:
    """Blocks of rows whose results are a bounded number; one without rows where there are none."""
    at_once = min(max(NUMBERS_AT_ONCE // depth, 1), QUERIES_AT_ONCE)
    for start in range(0, max(len(rows), 1), at_once):
        yield slice(start, start + at_once)


def _blocks(rows: Positions, depth: int) -> list[Positions]:
    return [rows[block] for block in _slices(rows, depth)]


def _best(scores: Vectors, wanted: Relevance) -> Vectors:
    """The first wanted score of each row, best first, or its last score."""
    first = np.where(wanted.any(axis=1), wanted.argmax(axis=1), -1)
    best: Vectors = scores[np.arange(len(scores)), first]
    return best


def _codes(query_labels: Labels, index_labels: Labels) -> tuple[Counts, Counts]:
    """One whole number for each label, -1 for none."""
    codes, _ = pd.factorize(np.array([*query_labels, *index_labels], dtype=object))
    return codes[: len(query_labels)], codes[len(query_labels) :]


def _relevant(query_codes: Counts, index_codes: Counts, shown: Shown) -> Counts:
    """How many index rows carry each query's label and another picture; none where the label is missing."""
    sizes = np.bincount(index_codes[index_codes >= 0], minlength=query_codes.max(initial=0) + 1)
    return np.where(query_codes >= 0, sizes[query_codes] - shown.under(query_codes, index_codes).copies, 0)
