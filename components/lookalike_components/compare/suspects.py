"""What *split* suspected: pictures on both sides of it, and labels that look wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lookalike_components.duplicates import of_one_thing
from lookalike_components.errors import UserError
from lookalike_components.storage.parquet import UNREADABLE, read_parquet

FilePath = str | Path

TESTED = ["query", "index"]
TRAINED = ["train", "validation"]
NEAR = "near"
NEIGHBOURS = "neighbours"
LEAK_COLUMNS = ["uri_train", "uri_test", "label_train", "label_test", "kind", "copy"]
DOUBT_COLUMNS = ["image", "label", "current_label"]


@dataclass(frozen=True, slots=True)
class Leaks:
    """How many test images are also in the training or validation data.

    Attributes:
        exact: Byte for byte, under the same label or one that shares two pictures or more with it.
        near: Nearly the same, under the same label, as far as *split* looked for such images.
        doubts: Byte for byte under another label that shares no second picture: one of the two may be wrong. No leaks.
    """

    exact: int = 0
    near: int = 0
    doubts: int = 0

    @property
    def images(self) -> int:
        """Those that make a test void."""
        return self.exact + self.near


@dataclass(frozen=True, slots=True)
class Suspects:
    """Pictures that should not have been there, or not under this label.

    Attributes:
        leaked: Rows of test images that training has too, with ``copy``: ``exact`` or ``near``.
        mislabelled: Rows of images whose label *split* doubts, with ``other``, the label that speaks against theirs,
            and ``because``: their ``neighbours`` carry it, or an ``exact`` or ``near`` copy in training does.
        said: By uri, what the neighbours of an image say that is not its label.
        doubted_copies: Test images that training has byte for byte under another label, and that are not ``leaked``.
    """

    leaked: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"copy": []}))
    mislabelled: pd.DataFrame = field(default_factory=pd.DataFrame)
    said: Mapping[str, str] = field(default_factory=dict)
    doubted_copies: int = 0

    @property
    def leaks(self) -> Leaks:
        """How many images those are."""
        near = int((self.leaked["copy"] == NEAR).sum())
        return Leaks(len(self.leaked) - near, near, self.doubted_copies)


def find_suspects(table: pd.DataFrame, leaks: FilePath | None = None, label_doubts: FilePath | None = None) -> Suspects:
    """Collects what a reader should look at, from the table and from what *split* left beside it.

    Copies are looked for in the table itself, which has all that it takes. Of the pairs that *split* found, those count
    whose training image is still in training: where leaks were dropped, none is.

    Args:
        table: Image table with subsets.
        leaks: The artifact ``leaks_found`` of *split*; None where there is none.
        label_doubts: Its artifact ``label_doubts``; None where there is none.

    Raises:
        UserError: A file is not what *split* writes.
    """
    pairs = _still_apart(table, _read_leaks(leaks)) if leaks else pd.DataFrame(columns=LEAK_COLUMNS)
    doubts = _read_doubts(label_doubts) if label_doubts else pd.DataFrame(columns=DOUBT_COLUMNS)
    near = pairs[(pairs["kind"] == "leak") & (pairs["copy"] == NEAR)]
    copies = copied_images(table)
    return Suspects(
        _leaked(table, copies[copies["leak"]].drop(columns="leak"), near),
        _mislabelled(table, doubts, pairs[pairs["kind"] == "doubt"]),
        dict(zip(doubts["image"], doubts["label"], strict=True)),
        int((~copies["leak"]).sum()),
    )


def copied_images(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of test images whose bytes are also in the training or validation data, under whatever label.

    The column ``leak`` says whether the two labels are one thing, see `of_one_thing`: the others are doubts.
    """
    tested, trained = (table[table["subset"].isin(part)] for part in (TESTED, TRAINED))
    asked, known = (rows[["image_id", "label"]].drop_duplicates() for rows in (tested, trained))
    pairs = asked.merge(known, on="image_id", suffixes=("", "_train"))
    leaks = pairs[of_one_thing(pairs["image_id"], pairs["label"], pairs["label_train"])]
    copies = tested[tested["image_id"].isin(pairs["image_id"])]
    return copies.assign(leak=_keys(copies, "image_id", "label").isin(_keys(leaks, "image_id", "label")))


def _leaked(table: pd.DataFrame, copies: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Copies first, then what is nearly the same."""
    others = table[table["subset"].isin(TESTED)].drop(index=copies.index)
    near = others[_keys(others, "uri", "label").isin(_keys(pairs, "uri_test", "label_test"))]
    return pd.concat([copies.assign(copy="exact"), near.assign(copy=NEAR)])


def _mislabelled(table: pd.DataFrame, doubts: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """First what the neighbours deny, the surest first; then what training has under another label."""
    by_neighbours = doubts.assign(because=NEIGHBOURS).set_axis(["uri", "other", "label", "because"], axis=1)
    names = {"uri_test": "uri", "label_test": "label", "label_train": "other", "copy": "because"}
    told = pd.concat([by_neighbours, pairs[list(names)].rename(columns=names)])
    rows = table[table["subset"].notna()].drop_duplicates(["uri", "label"])
    return told.drop_duplicates("uri").merge(rows, on=["uri", "label"])


def _still_apart(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    trained = table[table["subset"].isin(TRAINED)]
    return pairs[_keys(pairs, "uri_train", "label_train").isin(_keys(trained, "uri", "label"))]


def _keys(rows: pd.DataFrame, *columns: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[list(columns)])


def _read_leaks(path: FilePath) -> pd.DataFrame:
    try:
        return read_parquet(path)[LEAK_COLUMNS]
    except UNREADABLE as error:
        raise UserError(f"{path} is no list of leaks: {error}; pass the leaks_found that split wrote") from error


def _read_doubts(path: FilePath) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)[DOUBT_COLUMNS]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is no list of doubtful labels: {error}; pass the label_doubts that split wrote"
        ) from error
