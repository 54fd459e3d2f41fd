"""Answers the queries of a test; knows vectors, not how they were made."""

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError
from lookalike_components.evaluate.subset import Examination
from lookalike_components.progress import say
from lookalike_components.retrieval import Ranking, rank, rank_leave_one_out

NEIGHBOURS_KEPT = 10


def search(test: Examination, vectors: npt.NDArray[np.float32], k: int) -> Ranking:
    """Ranks the index for each query of a test.

    Args:
        test: Queries and index.
        vectors: float32 [n, d] of unit length, one for each row of ``test.images``.
        k: Results for each query that the metrics at k look at.

    Raises:
        UserError: No query has an image of its label to find.
    """
    depth = max(k, min(NEIGHBOURS_KEPT, len(test.index) - test.left_out))
    labels = test.queries["label"].tolist()
    if test.left_out:
        ranking = rank_leave_one_out(vectors, labels, depth)
    else:
        queries, index = np.split(vectors, [len(labels)])
        ranking = rank(queries, labels, index, test.index["label"].tolist(), depth)
    _tell_unanswerable(len(labels), len(ranking.judged))
    return ranking


def _tell_unanswerable(queries: int, judged: int) -> None:
    if not judged:
        raise UserError(
            f"none of the {queries:,} queries has another image of its label to find; label more images, or split anew"
        )
    if judged < queries:
        say(f"{queries - judged:,} of {queries:,} queries have no other image of their label to find and are left out")
