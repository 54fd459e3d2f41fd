"""Where the figures come from: the data, both encoders, and how they were compared."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lookalike_components.compare.suspects import TESTED, FilePath, Suspects, find_suspects
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
        labels_seen: Test labels that were also trained on, with other images (a split by image).
        suspects: Test images that training has too, and images whose label may be wrong.
        hashes: Perceptual hash by image_id, of the test images that have one.
    """

    sha256: str
    subsets: list[Subset]
    labels_seen: int
    suspects: Suspects = field(default_factory=Suspects)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What the report prints of it."""
        subsets = [asdict(subset) for subset in self.subsets]
        found = {"leaks": self.suspects.leaks.images, "label_doubts": len(self.suspects.mislabelled)}
        return {"sha256": self.sha256, "subsets": subsets, **found, "labels_seen": self.labels_seen}


def describe_data(
    table_path: FilePath, leaks_path: FilePath | None = None, label_doubts_path: FilePath | None = None
) -> Data:
    """Reads an image table and counts what is in it.

    Args:
        table_path: Image table with subsets.
        leaks_path: The artifact ``leaks_found`` of the step *split*, if any.
        label_doubts_path: Its artifact ``label_doubts``, if any.

    Raises:
        UserError: A file is not what it should be.
    """
    table = read_table(table_path)
    groups = dict(list(table.groupby("subset")))
    subsets = [Subset(name, len(groups[name]), groups[name]["label"].nunique()) for name in SUBSETS if name in groups]
    digest = hashlib.sha256(Path(table_path).read_bytes()).hexdigest()
    hashed = table[table["subset"].isin(TESTED)].dropna(subset="perceptual_hash")
    hashes = dict(zip(hashed["image_id"], hashed["perceptual_hash"], strict=True))
    suspects = find_suspects(table, leaks_path, label_doubts_path)
    return Data(digest, subsets, count_labels_seen(table), suspects, hashes)


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
