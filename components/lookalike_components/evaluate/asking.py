"""Asks queries once more, under other conditions: how many of the first results are right, and how many of R."""

import numpy as np
import numpy.typing as npt

from lookalike_components.evaluate.subset import Vectors
from lookalike_components.retrieval import Shown, means, rank

Labels = npt.NDArray[np.object_]
ASKED_FIRST = ("recall_at_1", "map_at_r")


def ask(
    queries: Vectors, labels: Labels, index: Vectors, index_labels: Labels, shown: Shown | None = None
) -> dict[str, float]:
    """Searches an index for queries that it has an answer to.

    Args:
        queries: float32 ``[q, d]`` of unit length.
        labels: ``[q]``.
        index: float32 ``[n, d]`` of unit length.
        index_labels: ``[n]``; None for a picture that is relevant to no query.
        shown: Which picture each query and each row of the index shows: rows that show a query itself are left out of
            its results. None where they are not.

    Returns:
        The means ``recall_at_1`` and ``map_at_r``.
    """
    found = means(rank(queries, labels.tolist(), index, index_labels.tolist(), 1, shown=shown).metrics(1))
    return {name: found[name] for name in ASKED_FIRST}
