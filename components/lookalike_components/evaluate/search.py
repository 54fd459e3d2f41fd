"""Answers the queries of a test; knows vectors, not how they were made."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.evaluate.subset import Examination, Positions
from lookalike_components.progress import say, track
from lookalike_components.retrieval import Ranking, means, rank, rank_leave_one_out

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
    depth = max(k, min(NEIGHBOURS_KEPT, len(test.index) - test.most_left_out))
    labels, index_labels = (images["label"].tolist() for images in (test.queries, test.index))
    asked, searched = test.asked(vectors), test.searched(vectors)
    ranking = rank(asked, labels, searched, index_labels, depth, _watched, test.shown)
    _tell_unanswerable(len(labels), len(ranking.judged))
    return ranking


def search_the_others(test: Examination, vectors: npt.NDArray[np.float32], k: int) -> dict[str, Any] | None:
    """Searches every picture of a test among all the others, whatever the split made of it.

    Args:
        test: Queries and index.
        vectors: float32 [n, d] of unit length, one for each row of ``test.images``.
        k: Results for each query that the metrics at k look at.

    Returns:
        ``queries`` and the mean ``metrics``; None where the test is such a search already, or asks by views.
    """
    if test.left_out or test.by_views:
        return None
    pictures, _ = pd.factorize(test.images["image_id"])
    ranking = rank_leave_one_out(vectors, test.images["label"].tolist(), k, _watched, pictures)
    return {"queries": len(ranking.judged), "metrics": means(ranking.metrics(k))}


def _watched(blocks: Sequence[Positions]) -> Iterator[Positions]:
    return track(blocks, len(blocks), "blocks of queries")


def _tell_unanswerable(queries: int, judged: int) -> None:
    if not judged:
        raise UserError(
            f"none of the {queries:,} queries has another image of its label to find; label more images, or split anew"
        )
    if judged < queries:
        say(f"{queries - judged:,} of {queries:,} queries have no other image of their label to find and are left out")
