"""A test set that stays as it is while the source grows: what is in it never trains."""

import pandas as pd

from lookalike_components.dataset import LABEL_NOW
from lookalike_components.errors import UserError, listed
from lookalike_components.progress import say
from lookalike_components.registry import read_test_set
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.config import positions as positions_of
from lookalike_components.storage import exists


def with_test_set(images: pd.DataFrame, uri: str) -> pd.DataFrame:
    """Puts a frozen test set in front of the images, in place of those of them that it holds.

    Args:
        images: The labelled images of the source.
        uri: Where the test set is.

    Returns:
        The rows of the test set, whose column ``subset`` is filled in, then the other images, whose is None. What the
        source says of each by now is in the column `LABEL_NOW`.

    Raises:
        UserError: There is no such test set, or its pictures are gone.
    """
    frozen = read_test_set(uri)
    _refuse_lost_pictures(frozen, uri)
    frozen = frozen.assign(**{LABEL_NOW: _labels_now(frozen, images)})
    others = images[~images["image_id"].isin(frozen["image_id"])]
    others = others.assign(subset=None, **{LABEL_NOW: others["label"]})
    say(f"judges on {len(frozen):,} pictures that are frozen; {_still_there(frozen)}")
    return pd.concat([frozen, others], ignore_index=True)[[*images.columns, LABEL_NOW]]


def _refuse_lost_pictures(frozen: pd.DataFrame, uri: str) -> None:
    """Before the training, not after it."""
    lost = [shard for shard in frozen["shard"].unique() if not exists(shard)]
    if lost:
        raise UserError(
            f"pictures of the frozen test set {uri} are gone with their shards: {listed(lost)}; restore these, or pass "
            "--set champion.test_set=new"
        )


def _labels_now(frozen: pd.DataFrame, images: pd.DataFrame) -> pd.Series:
    """The frozen label, if one of the copies in the source has it; else that of the first copy, or None."""
    copies = images.loc[images["image_id"].isin(frozen["image_id"]), ["image_id", "label"]]
    as_before = pd.MultiIndex.from_frame(frozen[["image_id", "label"]]).isin(pd.MultiIndex.from_frame(copies))
    first = frozen["image_id"].map(copies.drop_duplicates("image_id").set_index("image_id")["label"])
    return frozen["label"].where(as_before, first.where(first.notna(), None))


def _still_there(frozen: pd.DataFrame) -> str:
    there = frozen[frozen[LABEL_NOW].notna()]
    renamed = int((there["label"] != there[LABEL_NOW]).sum())
    words = f", {renamed:,} of these under another label, which the test does not follow" if renamed else ""
    return f"{len(there):,} of them are in the source{words}"


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
