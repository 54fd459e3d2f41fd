"""A test set that stays as it is while the source grows: what is in it never trains."""

import pandas as pd

from lookalike_components.progress import say
from lookalike_components.registry import read_test_set
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.config import positions as positions_of


def with_test_set(images: pd.DataFrame, uri: str) -> pd.DataFrame:
    """Puts a frozen test set in front of the images, in place of those of them that it holds.

    Args:
        images: The labelled images of the source.
        uri: Where the test set is.

    Returns:
        The rows of the test set, whose column ``subset`` is filled in, then the other images, whose is None.

    Raises:
        UserError: There is no such test set.
    """
    frozen = read_test_set(uri)
    others = images[~images["image_id"].isin(frozen["image_id"])].assign(subset=None)
    say(f"judges on {len(frozen):,} pictures that are frozen; {len(images) - len(others):,} of them are in the source")
    return pd.concat([frozen, others], ignore_index=True)[[*images.columns]]


def hold_out_frozen(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    """Gives the frozen images to the test and the others to training, but for those that would tell of the test.

    By label, all other images of a test label stay out; by image, those that are nearly the same as a test image of
    their label.

    Args:
        images: As `with_test_set` gives them, with ``picture``: the same for images that are nearly the same.
        config: By what is split.

    Returns:
        ``train``, ``test`` or None for each image.
    """
    tested = images["subset"].notna()
    sides = tested.map({True: "test", False: "train"})
    return sides.mask(~tested & ~_may_train(images, images[tested], config), None)


def _may_train(images: pd.DataFrame, test: pd.DataFrame, config: SplitConfig) -> pd.Series:
    if config.by == "label":
        return ~images["label"].isin(test["label"])
    if config.by == "position":
        wanted = positions_of(config.train_positions)
        return images["position"].between(wanted.start, wanted.stop, inclusive="left")
    pairs = [pd.MultiIndex.from_frame(rows[["label", "picture"]]) for rows in (images, test)]
    return pd.Series(~pairs[0].isin(pairs[1]), images.index)
