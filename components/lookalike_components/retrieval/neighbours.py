"""Exact nearest neighbours by inner product (the cosine, for vectors of unit length)."""

import faiss
import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import LookalikeError, UserError

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]
ROWS_AT_ONCE = 256


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
    _check_finite(queries, "query")
    _check_finite(index, "index")
    # One neighbour more than asked for tells whether the last place is shared by equals.
    scores, positions = _search(queries, index, min(k + 1, len(index)))
    scores, positions = _in_order(scores, positions)
    if k < len(index):
        _settle_ties(queries, index, scores, positions)
    return scores[:, :k], positions[:, :k]


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
    check_k(k, len(vectors), left_out=True)
    scores, positions = neighbours(vectors, vectors, k + 1)
    keep = positions != np.arange(len(vectors))[:, None]
    keep[keep.all(axis=1), -1] = False  # enough twins came before it that the vector itself is not in its row
    return scores[keep].reshape(-1, k), positions[keep].reshape(-1, k)


def check_k(k: int, images: int, left_out: bool = False) -> None:
    """Refuses a k that an index cannot answer; worth asking before anything is encoded.

    Args:
        k: Neighbours for each query.
        images: Size of the index.
        left_out: Whether each query is an image of the index and left out of its own results.

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


def _search(queries: Vectors, index: Vectors, k: int) -> tuple[Vectors, Positions]:
    flat = faiss.IndexFlatIP(index.shape[1])
    flat.add(np.ascontiguousarray(index, dtype=np.float32))
    scores, positions = flat.search(np.ascontiguousarray(queries, dtype=np.float32), k)
    return scores, positions


def _in_order(scores: Vectors, positions: Positions) -> tuple[Vectors, Positions]:
    order = np.lexsort((positions, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(positions, order, axis=1)


def _settle_ties(queries: Vectors, index: Vectors, scores: Vectors, positions: Positions) -> None:
    """Searches the whole index again for the queries whose last place several equals compete for."""
    width = scores.shape[1]
    tied = np.flatnonzero(scores[:, -2] == scores[:, -1]) if width > 1 else np.array([], dtype=np.int64)
    for start in range(0, len(tied), ROWS_AT_ONCE):
        rows = tied[start : start + ROWS_AT_ONCE]
        all_scores, all_positions = _in_order(*_search(queries[rows], index, len(index)))
        scores[rows], positions[rows] = all_scores[:, :width], all_positions[:, :width]


def _check_finite(vectors: Vectors, role: str) -> None:
    faulty = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if faulty.size:
        raise LookalikeError(
            f"{role} vector {faulty[0]} holds a value that is not a finite number; "
            "the encoder is broken: train again with a lower learning rate"
        )
