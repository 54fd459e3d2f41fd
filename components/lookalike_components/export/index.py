"""The index of a release: exact up to a size, and in lists of which only some are looked into above it."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import COLUMNS, LABEL_NOW
from lookalike_components.progress import say
from lookalike_components.release.sealing import INDEX_COLUMNS, BuiltIndex, flat
from lookalike_components.retrieval.approximate import RECALL, approximate

NEIGHBOURS_TRIED = 10
NO_PART_OF_AN_ANSWER = {*COLUMNS, LABEL_NOW} - {*INDEX_COLUMNS}
"""Where the picture lies in the store, and what its file is like."""


def build_index(vectors: npt.NDArray[np.float32], exact_up_to: int) -> BuiltIndex:
    """Builds the index over float32 ``[n, d]`` of unit length.

    Args:
        vectors: The vectors.
        exact_up_to: How many are still compared one by one.

    Returns:
        The exact index; above the size an inverted file whose recall was measured on ten neighbours of each of 200
        vectors, or the exact one again where looking into one list of 32 finds less than 99 %.
    """
    if len(vectors) <= exact_up_to:
        return flat(vectors)
    # Each vector finds itself, so that one neighbour more is asked for, and is not counted.
    wanted = (RECALL * NEIGHBOURS_TRIED + 1) / (NEIGHBOURS_TRIED + 1)
    found = approximate(vectors, vectors, NEIGHBOURS_TRIED + 1, wanted)
    if found is None:
        say("the index stays exact: lists of neighbours would lose more than one of a hundred")
        return flat(vectors)
    recall = (found.recall * (NEIGHBOURS_TRIED + 1) - 1) / NEIGHBOURS_TRIED
    say(f"the index looks into {found.lists.nprobe} of {found.lists.nlist} lists and finds {recall:.1%}")
    return BuiltIndex(found.lists, recall, NEIGHBOURS_TRIED)


def index_table(table: pd.DataFrame) -> pd.DataFrame:
    """What a search answers with: a picture's id, its address, label and subset, and what else its source has of it."""
    return table.drop(columns=[name for name in table if name in NO_PART_OF_AN_ANSWER])
