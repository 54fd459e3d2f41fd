"""Asks queries once more, under other conditions: how many of the first results are right, and how many of R."""

import numpy as np
import numpy.typing as npt

from lookalike_components.evaluate.subset import Positions, Vectors
from lookalike_components.retrieval import means, neighbours
from lookalike_components.retrieval.metrics import hit_at_k, map_at_r

Labels = npt.NDArray[np.object_]


def ask(
    queries: Vectors, labels: Labels, index: Vectors, index_labels: Labels, own: Positions | None = None
) -> dict[str, float]:
    """Searches an index for queries that it has an answer to.

    Args:
        queries: float32 ``[q, d]`` of unit length.
        labels: ``[q]``.
        index: float32 ``[n, d]`` of unit length.
        index_labels: ``[n]``; None for a picture that is relevant to no query.
        own: ``[q]``, the row of the index that shows each query itself, and is left out of its results; None where the
            index does not hold the queries.

    Returns:
        The means ``recall_at_1`` and ``map_at_r``.
    """
    left_out = own is not None
    relevant = np.array([(index_labels == label).sum() for label in labels], dtype=np.int64) - left_out
    _, positions = neighbours(queries, index, int(relevant.max()) + left_out)
    found = positions if own is None else _without(own, positions)
    relevance = index_labels[found] == labels[:, None]
    return means({"recall_at_1": hit_at_k(relevance, 1), "map_at_r": map_at_r(relevance, relevant)})


def _without(own: Positions, positions: Positions) -> Positions:
    """Takes each query's own row out of its results, or the last result where the row is not among them."""
    keep = positions != own[:, None]
    keep[keep.all(axis=1), -1] = False
    others: Positions = positions[keep].reshape(len(positions), -1)
    return others
