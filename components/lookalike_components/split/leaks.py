"""Images that are on both sides of a split, so that the test would ask what the training has told."""

import numpy as np
import pandas as pd

from lookalike_components.errors import UserError, listed

TRAINING = ("train", "validation")
TEST = ("query", "index")
COLUMNS = ["image_id", "uri_train", "uri_test", "label_train", "label_test", "kind"]


def find_leaks(table: pd.DataFrame) -> pd.DataFrame:
    """Lists every pair of a training and a test image that are the same file.

    Returns:
        ``image_id, uri_train, uri_test, label_train, label_test, kind``; the kind is ``leak``, or ``doubt`` where the
        two have different labels, of which one may be wrong.
    """
    told = ["image_id", "uri", "label"]
    train, test = (table.loc[table["subset"].isin(subsets), told] for subsets in (TRAINING, TEST))
    pairs = train.merge(test, on="image_id", suffixes=("_train", "_test"))
    return pairs.assign(kind=np.where(pairs["label_train"] == pairs["label_test"], "leak", "doubt"))[COLUMNS]


def settle_leaks(table: pd.DataFrame, found: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Refuses the leaks, drops them from training (so that the test stays as it was), or ignores them.

    Raises:
        UserError: There are leaks and the policy is to refuse.
    """
    leaks = found[found["kind"] == "leak"]
    if policy == "refuse" and len(leaks):
        raise UserError(
            "images of the test are also in training, under the same label: "
            f"{listed(leaks['uri_test'].unique(), most=3)}; pass --leaks drop to take them out of training"
        )
    if policy != "drop":
        return table
    leaked = table["subset"].isin(TRAINING) & table["uri"].isin(leaks["uri_train"])
    return table.assign(subset=table["subset"].mask(leaked, None))
