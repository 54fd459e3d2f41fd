"""The best of several searches: scores and positions side by side, best first."""

import numpy as np
import numpy.typing as npt

from lookalike_components.serve.collection.changes import Vectors
from lookalike_components.serve.collection.columns import Mask

Positions = npt.NDArray[np.int64]
NO_SCORE = -1.0
"""Score of a place where there is no neighbour; its position is -1."""


def nothing(queries: int, k: int) -> tuple[Vectors, Positions]:
    """An answer without neighbours."""
    return np.full((queries, k), NO_SCORE, np.float32), np.full((queries, k), -1, np.int64)


def best_of(
    queries: Vectors, vectors: Vectors, k: int, positions: Positions, allowed: Mask | None = None
) -> tuple[Vectors, Positions]:
    """The at most ``k`` nearest of some vectors, best first.

    Args:
        queries: float32 ``[n, d]``.
        vectors: float32 ``[m, d]``.
        k: Neighbours of each query.
        positions: int64 ``[m]``: where the vectors stand.
        allowed: bool ``[m]``: which of them may be found; None allows all.
    """
    scores: Vectors = queries @ vectors.T
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    order = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k < len(vectors) else np.arange(len(vectors))[None, :]
    scores, found = np.take_along_axis(scores, order, axis=1), positions[order]
    found = np.where(np.isneginf(scores), -1, found)
    return in_order(np.where(found < 0, NO_SCORE, scores), found)


def in_order(scores: Vectors, positions: Positions) -> tuple[Vectors, Positions]:
    """Each row by falling score, the lower position first among equals, and places without a neighbour at the end."""
    order = np.lexsort((positions, -scores, positions < 0), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(positions, order, axis=1)


def merged(first: tuple[Vectors, Positions], second: tuple[Vectors, Positions]) -> tuple[Vectors, Positions]:
    """The best of two answers, as wide as the first; among equal scores the lower position comes first."""
    width = first[0].shape[1]
    scores, positions = np.hstack([first[0], second[0]]), np.hstack([first[1], second[1]])
    scores, positions = in_order(scores, positions)
    return scores[:, :width], positions[:, :width]
