"""Labels that look wrong: pictures whose nearest neighbours all carry another one."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.duplicates.hashes import Rows
from lookalike_components.duplicates.vectors import Vectors, nearest

NEIGHBOURS = 3
COLUMNS = ["image", "label", "current_label", "agreement", "score"]


def find_label_doubts(table: pd.DataFrame, vectors: Vectors, k: int = NEIGHBOURS) -> pd.DataFrame:
    """Lists the pictures whose ``k`` nearest neighbours, all different files, carry one label that is not theirs.

    Args:
        table: An image table with labels.
        vectors: ``[len(table), d]`` of unit length, from a pretrained encoder; see `embed`.
        k: Neighbours that have to agree.

    Returns:
        ``image`` (its uri), ``label`` (what the neighbours say), ``current_label``, ``agreement`` (how many neighbours
        say so) and ``score`` (their mean cosine), the surest first: what the step *label* takes as corrections.
    """
    rows = np.flatnonzero(~table["image_id"].duplicated())
    blocks = list(_doubts(table, vectors, rows, k)) if len(rows) > k else []
    doubts = pd.concat(blocks) if blocks else pd.DataFrame(columns=COLUMNS)
    return doubts.sort_values(["score", "image"], ascending=[False, True], ignore_index=True)


def _doubts(table: pd.DataFrame, vectors: Vectors, rows: Rows, k: int) -> Iterator[pd.DataFrame]:
    uris, labels = table["uri"].to_numpy(), table["label"].to_numpy()
    for some, scores, found in nearest(vectors, rows, rows, k + 1):
        others = _without_itself(some, found)
        theirs, cosines = labels[found[others].reshape(-1, k)], scores[others].reshape(-1, k).mean(axis=1)
        doubtful = (theirs == theirs[:, :1]).all(axis=1) & (theirs[:, 0] != labels[some])
        who = some[doubtful]
        columns = (uris[who], theirs[doubtful, 0], labels[who], k, cosines[doubtful].round(4))
        yield pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _without_itself(rows: Rows, found: Rows) -> NDArray[np.bool_]:
    """All but the row itself; where twins crowded it out, all but the last."""
    others: NDArray[np.bool_] = found != rows[:, None]
    others[others.all(axis=1), -1] = False
    return others
