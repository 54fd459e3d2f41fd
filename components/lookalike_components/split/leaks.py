"""Images that are on both sides of a split, so that the test would ask what the training has told."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.duplicates import Section, find_duplicates, groups, of_one_thing, render
from lookalike_components.duplicates.vectors import Vectors
from lookalike_components.errors import UserError, listed

TRAINING = ("train", "validation")
TEST = ("query", "index")
ADVICE = (
    "pass --leaks drop to take them out of training, or label.duplicates=keep_first or group to settle all duplicates"
)
COLUMNS = [
    *("image_id", "uri_train", "uri_test", "label_train", "label_test"),
    *("kind", "copy", "found_by", "likeness"),
]
LEDES = {
    "leak": "The test would ask what the training has told. Take one of the two out; leaks=drop does it.",
    "doubt": "One of the two labels may be wrong, or the two things look alike. Nothing was refused for them.",
}


def pictures(images: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """A number for each picture, shared by images that are the same or nearly: the place of their lowest id among all.

    Numbers, since pandas would compare a million texts one group at a time.
    """
    numbers, _ = pd.factorize(images["image_id"], sort=True)
    return pd.Series(numbers, images.index).groupby(groups(pairs, len(images))).transform("min")


def find_leaks(table: pd.DataFrame, near: bool = True, vectors: Vectors | None = None) -> pd.DataFrame:
    """Finds the pairs of a training and a test image that are the same picture, exactly or nearly.

    Every training image that the test has too is in one of the pairs. Test is compared with training alone.

    Args:
        table: An image table with subsets.
        near: Whether pictures that are nearly the same count.
        vectors: What the pretrained encoder sees, ``[len(table), d]``, to find more of them.

    Returns:
        As `lookalike_components.duplicates.find_duplicates`; the first is the training image.
    """
    train, test = (np.flatnonzero(table["subset"].isin(subsets)) for subsets in (TRAINING, TEST))
    return find_duplicates(table, (train, test), near, vectors)


def across(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of the pairs that have one image in training and one in the test; the training image becomes the first."""
    subset = table["subset"].to_numpy()
    first, second = (np.isin(subset[pairs[side]].astype(str), TRAINING) for side in ("first", "second"))
    tests = [np.isin(subset[pairs[side]].astype(str), TEST) for side in ("second", "first")]
    turned = pairs.rename(columns=_turned)
    return pd.concat([pairs[first & tests[0]], turned[second & tests[1]]], ignore_index=True)[list(pairs.columns)]


def _turned(column: str) -> str:
    one, _, side = column.rpartition("_")
    other = {"first": "second", "second": "first"}.get(side)
    return column if other is None else f"{one}_{other}" if one else other


def described(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The artifact's columns.

    The kind is ``leak`` or ``doubt``, see `kinds`; ``copy`` is ``exact`` or ``near``.
    """
    told = pairs.rename(columns={"kind": "copy"}).rename(columns=lambda name: name.replace("_first", "_train"))
    told = told.rename(columns=lambda name: name.replace("_second", "_test"))
    return told.assign(image_id=table["image_id"].to_numpy()[pairs["first"]], kind=kinds(table, pairs))[COLUMNS]


def kinds(table: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.str_]:
    """``leak`` or ``doubt``, pair by pair.

    A pair under one label is a leak. Under two labels, of which one may be wrong, it is a doubt; but copies of files
    are leaks where these labels have two pictures or more in common across the split: then they are names of one thing.
    What is only nearly the same under two labels may be two things, however often.
    """
    leaks = (pairs["label_first"] == pairs["label_second"]).to_numpy()
    exact, ids = (pairs["kind"] == "exact").to_numpy(), table["image_id"].iloc[pairs["first"]]
    copies = pairs[exact]
    leaks[exact] = of_one_thing(ids[exact], copies["label_first"], copies["label_second"])
    return np.where(leaks, "leak", "doubt")


def page(table: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """The leaks and doubts with their pictures, as HTML."""
    kind = kinds(table, pairs)
    parts = {name: pairs[kind == name] for name in LEDES}
    sections = [
        Section(f"{len(part):,} {name}{'' if len(part) == 1 else 's'}", LEDES[name], part, ("training", "test"))
        for name, part in parts.items()
    ]
    title = "Pictures in training and in the test" if len(pairs) else "No picture is in training and in the test"
    lede = (
        "Leaks carry the same label on either side, or two labels that share two pictures or more, byte for byte. "
        "Doubts carry different ones."
    )
    return render(table, title, lede, sections)


def settle_leaks(table: pd.DataFrame, pairs: pd.DataFrame, policy: str, where: Callable[[], str]) -> pd.DataFrame:
    """Refuses the leaks, drops them from training (so that the test stays as it was), or ignores them.

    Args:
        table: An image table with subsets.
        pairs: Those across the split.
        policy: ``refuse``, ``drop`` or ``ignore``.
        where: Tells which page shows them; asked only where they are refused.

    Raises:
        UserError: There are leaks and the policy is to refuse.
    """
    leaks = pairs[kinds(table, pairs) == "leak"]
    if policy == "refuse" and len(leaks):
        near = " or nearly the same" if (leaks["kind"] == "near").any() else ""
        renamed = leaks["label_first"] != leaks["label_second"]
        names = " or one that shares two pictures with it" if renamed.any() else ""
        raise UserError(
            f"images of the test are also in training, the same{near}, under the same label{names}: "
            f"{listed(leaks['uri_second'].unique(), most=3)}; look at {where()}, then {ADVICE}"
        )
    if policy != "drop":
        return table
    leaked = np.isin(np.arange(len(table)), leaks["first"])
    return table.assign(subset=table["subset"].mask(leaked, None))
