"""From vectors and labels to ranked results of known relevance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lookalike_components.retrieval.metrics import Counts, Relevance, Values, per_query
from lookalike_components.retrieval.neighbours import Positions, Vectors, leave_one_out, neighbours

Labels = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The neighbours of each query that can be judged, best first.

    Attributes:
        judged: int64 [q], rows of the given queries that have a relevant image at all; the others are left out below.
        scores: float32 [q, n], inner products.
        positions: int64 [q, n], rows of the index.
        relevance: bool [q, n], whether a neighbour carries the query's label.
        relevant: int64 [q], relevant images in the index (the query itself not counted).
    """

    judged: Positions
    scores: Vectors
    positions: Positions
    relevance: Relevance
    relevant: Counts

    def metrics(self, k: int) -> dict[str, Values]:
        """Every metric for each judged query: float64 [q] by name."""
        return per_query(self.relevance, self.relevant, k)

    def margins(self) -> Vectors:
        """How far the best right result is ahead of the best wrong one, float32 [q] in [-2, 2]; below 0, it is behind.

        Where the ranking is too short to hold one of the two, its last score stands in, which bounds it from above.
        """
        return _best(self.scores, self.relevance) - _best(self.scores, ~self.relevance)


def rank(queries: Vectors, query_labels: Labels, index: Vectors, index_labels: Labels, k: int) -> Ranking:
    """Ranks the index for each query, deep enough for the metrics at k and at R.

    Args:
        queries: float32 [q, d], rows of unit length.
        query_labels: [q]; a query whose label is not in the index (or is None) cannot be judged and is left out.
        index: float32 [n, d], rows of unit length.
        index_labels: [n]; None for an image that is relevant to no query.
        k: Results that people look at, from 1 to n.

    Raises:
        UserError: k is larger than the index.
    """
    query_codes, index_codes = _codes(query_labels, index_labels)
    relevant = _count(query_codes, index_codes)
    judged = np.flatnonzero(relevant > 0)
    depth = max(k, int(relevant.max(initial=0)))
    scores, positions = neighbours(queries[judged], index, depth)
    relevance = query_codes[judged, None] == index_codes[positions]
    return Ranking(judged, scores, positions, relevance, relevant[judged])


def rank_leave_one_out(vectors: Vectors, labels: Labels, k: int) -> Ranking:
    """Ranks, for each image, all the others: every image is a query, and is left out of its own results.

    Args:
        vectors: float32 [n, d], rows of unit length.
        labels: [n]; an image whose label nothing else carries cannot be judged and is left out of the queries.
        k: Results that people look at, from 1 to n - 1.

    Raises:
        UserError: k is larger than the number of other images.
    """
    codes, _ = _codes(labels, [])
    relevant = np.maximum(_count(codes, codes) - 1, 0)
    judged = np.flatnonzero(relevant > 0)
    depth = max(k, int(relevant.max(initial=0)))
    scores, positions = leave_one_out(vectors, depth)
    relevance = codes[:, None] == codes[positions]
    return Ranking(judged, scores[judged], positions[judged], relevance[judged], relevant[judged])


def _best(scores: Vectors, wanted: Relevance) -> Vectors:
    """The first wanted score of each row, best first, or its last score."""
    first = np.where(wanted.any(axis=1), wanted.argmax(axis=1), -1)
    best: Vectors = scores[np.arange(len(scores)), first]
    return best


def _codes(query_labels: Labels, index_labels: Labels) -> tuple[Counts, Counts]:
    """One whole number for each label, -1 for none."""
    codes, _ = pd.factorize(np.array([*query_labels, *index_labels], dtype=object))
    return codes[: len(query_labels)], codes[len(query_labels) :]


def _count(query_codes: Counts, index_codes: Counts) -> Counts:
    """How many index rows carry each query's label; none where the label is missing."""
    sizes = np.bincount(index_codes[index_codes >= 0], minlength=query_codes.max(initial=0) + 1)
    return np.where(query_codes >= 0, sizes[query_codes], 0)
