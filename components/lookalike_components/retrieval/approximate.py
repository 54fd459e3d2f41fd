"""Nearest neighbours in a part of a large index, and how many of the exact ones that finds."""

from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

import faiss
import numpy as np

from lookalike_components.retrieval.neighbours import Exact, Positions, Search, Vectors, in_order

MOST_COMPARISONS = 20_000_000_000
"""Queries times vectors that are still compared exactly: twice those of 100,000 pictures searched among each other."""
RECALL = 0.99
QUERIES_TRIED = 200
VECTORS_PER_LIST = 64
"""k-means sees that many vectors for each list; faiss asks for 39 or more."""
PARTS_LOOKED_INTO = (256, 128, 64, 32)
"""One list of so many. To compare with all at once is a product of matrices, 16 times as fast for each pair."""
ROUNDING = 1e-6
"""Scores of one pair may differ by less, depending on how many are computed at once."""


@dataclass(frozen=True, slots=True)
class Approximate:
    """Compares each query with the vectors of the lists that lie nearest to it (an inverted file).

    Source: Sivic and Zisserman, Video Google (ICCV 2003); here faiss' IndexIVFFlat, whose scores are the exact ones.

    Attributes:
        exact: What it is measured against, and what searches where the lists hold too few vectors.
        lists: The vectors, grouped round centres that k-means found.
        recall: Share of the exact neighbours that it found, on a sample of the queries.
    """

    exact: Exact
    lists: faiss.IndexIVFFlat
    recall: float
    method: ClassVar[str] = "approximate"

    def __call__(self, queries: Vectors, k: int) -> tuple[Vectors, Positions]:
        """Finds the ``k`` nearest that it comes upon; among equal scores the lower position comes first."""
        scores, positions = in_order(*self.lists.search(np.ascontiguousarray(queries), k))
        short = np.flatnonzero((positions < 0).any(axis=1))
        if short.size:
            scores[short], positions[short] = self.exact(queries[short], k)
        return scores, positions


def search_in(index: Vectors, queries: Vectors, k: int) -> Search:
    """The exact search, or an approximate one where that would compare too many pairs.

    Args:
        index: float32 [n, d], rows of unit length.
        queries: float32 [q, d], what will be searched for.
        k: Neighbours of each that will be asked for.
    """
    if len(queries) * len(index) <= MOST_COMPARISONS:
        return Exact(index)
    return approximate(index, queries, k) or Exact(index)


def approximate(index: Vectors, queries: Vectors, k: int, recall: float = RECALL) -> Approximate | None:
    """Groups an index into lists, and looks into as many of them as it takes to find most of the exact neighbours.

    Args:
        index: float32 [n, d], rows of unit length.
        queries: float32 [q, d]; 200 of them, evenly spread, are searched exactly too.
        k: Neighbours for each query.
        recall: Share of the exact neighbours to be found, in [0, 1].

    Returns:
        None where a look into one list of 32 does not find that many: to look into more would save no time.
    """
    exact, lists = Exact(index), _grouped(index)
    tried = queries[np.linspace(0, len(queries) - 1, min(len(queries), QUERIES_TRIED)).astype(np.int64)]
    wanted = exact(tried, k)[0]
    for part in PARTS_LOOKED_INTO:
        lists.nprobe = max(lists.nlist // part, 1)
        reached = _share_found(wanted, Approximate(exact, lists, 0.0)(tried, k)[0])
        if reached >= recall:
            return Approximate(exact, lists, reached)
    return None


def _grouped(index: Vectors) -> faiss.IndexIVFFlat:
    """The vectors in ``4 sqrt(n)`` lists, as faiss' guidelines have it."""
    count, dimension = index.shape
    lists = min(4 * isqrt(count), count)
    grouped = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    seen = np.linspace(0, count - 1, min(count, lists * VECTORS_PER_LIST)).astype(np.int64)
    grouped.train(index[seen])
    grouped.add(index)
    return grouped


def _share_found(wanted: Vectors, found: Vectors) -> float:
    """Share of the results that are as good as the last exact one of their query.

    Equals of that one count as well as itself. Source: Aumüller, Bernhardsson and Faithfull, ANN-Benchmarks
    (Information Systems 87, 2020).
    """
    return float((found >= wanted[:, -1:] - ROUNDING).mean())
