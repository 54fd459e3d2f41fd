"""What an encoder's threshold is worth: how many pairs it takes for the same thing, rightly and wrongly."""

import numpy as np
import numpy.typing as npt

from lookalike_components.evaluate.subset import Examination

QUERIES_AT_ONCE = 1_000


def matches(threshold: float | None, test: Examination, vectors: npt.NDArray[np.float32]) -> dict[str, float]:
    """Compares each query with each picture of the index but itself.

    Args:
        threshold: Cosine above which two pictures count as the same; None for an encoder that knows none.
        test: Queries and index.
        vectors: float32 ``[n, d]`` of unit length, one for each row of ``test.images``.

    Returns:
        The ``threshold``, and the shares of pairs above it: of one label (``true_matches``), of different labels
        (``false_matches``). Empty without a threshold or without pairs of both kinds.
    """
    if threshold is None:
        return {}
    queries, index = vectors[: len(test.queries)], vectors[-len(test.index) :]
    asked, there = test.queries["label"].to_numpy(), test.index["label"].to_numpy()
    pairs, above = np.zeros(2), np.zeros(2)
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        rows = slice(start, start + QUERIES_AT_ONCE)
        same, matched = asked[rows, None] == there, queries[rows] @ index.T > threshold
        compared = np.ones_like(same)
        if test.left_out:
            np.fill_diagonal(compared[:, start:], False)
        for kind in (0, 1):
            of_the_kind = compared & (same == kind)
            pairs[kind] += of_the_kind.sum()
            above[kind] += (of_the_kind & matched).sum()
    if not pairs.all():
        return {}
    false, true = above / pairs
    return {"threshold": threshold, "true_matches": float(true), "false_matches": float(false)}
