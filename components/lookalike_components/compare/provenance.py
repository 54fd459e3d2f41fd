"""Where the figures come from: the data, both encoders, and how they were compared."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lookalike_components.dataset import SUBSETS, read_table

ENCODER_FIELDS = {
    "model": "Model",
    "input_size": "Input",
    "dimension": "Embedding",
    "resize": "Resize",
    "aspect": "Aspect",
    "licence": "Licence of the weights",
    "weights": "Pretrained weights",
    "digest": "Digest",
}
TESTED = ["query", "index"]


@dataclass(frozen=True, slots=True)
class Subset:
    """How many images and labels one part of the data has."""

    name: str
    images: int
    labels: int


@dataclass(frozen=True, slots=True)
class Data:
    """What an image table says about itself.

    Attributes:
        sha256: Of the table's file.
        subsets: Its parts, without the empty ones.
        leaks: Test images that are also among the training or validation images, under the same label.
        labels_seen: Test labels that were also trained on, with other images (a split by image).
    """

    sha256: str
    subsets: list[Subset]
    leaks: int
    labels_seen: int


def describe_data(table_path: str | Path) -> Data:
    """Reads an image table and counts what is in it."""
    table = read_table(table_path)
    groups = dict(list(table.groupby("subset")))
    subsets = [Subset(name, len(groups[name]), groups[name]["label"].nunique()) for name in SUBSETS if name in groups]
    digest = hashlib.sha256(Path(table_path).read_bytes()).hexdigest()
    return Data(digest, subsets, count_leaks(table), count_labels_seen(table))


def count_leaks(table: pd.DataFrame) -> int:
    """Counts the test images whose bytes are also in the training or validation data, under the same label."""
    split = table[table["subset"].notna()]
    tested = split["subset"].isin(TESTED)
    known = pd.MultiIndex.from_frame(split.loc[~tested, ["image_id", "label"]])
    return int(pd.MultiIndex.from_frame(split.loc[tested, ["image_id", "label"]]).isin(known).sum())


def count_labels_seen(table: pd.DataFrame) -> int:
    """Counts the test labels that training images carry too."""
    tested, trained = (table.loc[table["subset"].isin(part), "label"].dropna() for part in (["query"], ["train"]))
    return len(set(tested) & set(trained))


def encoder_rows(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What either encoder is, field by field: name, before, after."""
    rows = [(name, _shown(field, before), _shown(field, after)) for field, name in ENCODER_FIELDS.items()]
    which = ("Which", "the champion" if before.get("digest") else "the pretrained one", "the new one")
    return [which, *(row for row in rows if row[1] or row[2])]


def _shown(field: str, encoder: dict[str, Any]) -> str:
    value = encoder.get(field, "")
    forms = {"input_size": "{0} by {0} px", "dimension": "{0:,} numbers"}
    return _short(field, forms.get(field, "{0}").format(value)) if value else ""


def _short(field: str, text: str) -> str:
    """A digest's first twelve places; the last part of a path; anything else as it is."""
    return text[:12] if field == "digest" else text.rsplit("/", 1)[-1] if field == "weights" else text
