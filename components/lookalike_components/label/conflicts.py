"""One image, two labels: a contradiction in the source, or at least a doubt."""

import pandas as pd

from lookalike_components.errors import UserError, listed
from lookalike_components.progress import say

TOLD = 3


def refuse_two_labels(labelled: pd.DataFrame) -> None:
    """Refuses a source that lists one image twice, with different labels.

    Raises:
        UserError: It does; the sentence lists the rows.
    """
    twice = _with_two_labels(labelled, "uri")
    if twice.empty:
        return
    raise UserError(
        f"the source gives two labels to {twice['uri'].nunique():,} images: {_told(twice, 'uri')}; "
        "keep one row of each, or write both under one label"
    )


def settle_conflicts(labelled: pd.DataFrame, policy: str) -> tuple[pd.DataFrame, int]:
    """Keeps, refuses or drops copies of one file that have different labels, of which one may be wrong.

    Args:
        labelled: An image table with labels.
        policy: ``keep``, ``refuse`` or ``drop``.

    Returns:
        The table, and how many images are doubtful.

    Raises:
        UserError: There are such copies and the policy is to refuse; the sentence lists them.
    """
    doubtful = _with_two_labels(labelled, "image_id")
    if policy == "refuse" and len(doubtful):
        raise UserError(
            f"{doubtful['image_id'].nunique():,} files are there under two labels: {_told(doubtful, 'image_id')}; "
            "remove one of each, or pass --set label.conflicts=drop"
        )
    if len(doubtful):
        say(f"the same file under two labels: {_told(doubtful, 'image_id')}")
    return labelled.drop(index=doubtful.index) if policy == "drop" else labelled, len(doubtful)


def _with_two_labels(labelled: pd.DataFrame, name: str) -> pd.DataFrame:
    several = labelled[labelled[name].duplicated(keep=False)]
    return several[several.groupby(name)["label"].transform("nunique") > 1].sort_values("position")


def _told(rows: pd.DataFrame, name: str) -> str:
    """``a.jpg (mug at position 0), b.jpg (lamp at position 7)``, those that belong together joined by ``and``."""
    words = rows["uri"] + " (" + rows["label"] + " at position " + rows["position"].astype(str) + ")"
    return listed(words.groupby(rows[name], sort=False).agg(" and ".join), TOLD)
