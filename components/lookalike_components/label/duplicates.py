"""What happens to pictures that occur more than once."""

import pandas as pd

from lookalike_components.duplicates import find_duplicates, groups


def settle_duplicates(labelled: pd.DataFrame, policy: str) -> tuple[pd.DataFrame, int]:
    """Keeps one, none or all of the images that are the same picture, exactly or nearly.

    Args:
        labelled: An image table with labels.
        policy: ``ignore`` does not look for any; ``keep_first`` keeps the first in the source of each group and label,
            since under another label a near-duplicate may be another thing; ``drop`` keeps none of a group; ``group``
            gives all of a group the label of the first.

    Returns:
        The table, and how many images are in a group beyond its first.

    Raises:
        UserError: Two pictures have to be looked at and their shard is gone.
    """
    if policy == "ignore":
        return labelled, 0
    first = groups(find_duplicates(labelled), len(labelled))
    group = pd.Series(first, labelled.index)
    duplicates = int(group.duplicated().sum())
    if policy == "group":
        return labelled.assign(label=labelled["label"].to_numpy()[first]), duplicates
    surplus = (
        group.duplicated(keep=False)
        if policy == "drop"
        else labelled.assign(group=group).duplicated(["group", "label"])
    )
    return labelled[~surplus], duplicates
