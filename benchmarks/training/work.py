"""What contestants are given: pictures on the disk, and the size of a step."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image, ImageOps

from lookalike_components.dataset import read_table, write_table
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label

CLASSES, EACH = 16, 4
HELD_OUT = 4
LARGE = (640, 480)
SUFFIXES = {".jpg", ".jpeg", ".png"}


class Work(NamedTuple):
    """What a contestant is given.

    Attributes:
        folder: Holds ``train`` and ``held-out``, folders of labels, and ``table.parquet`` of the same pictures.
        model: Name of the backbone.
        weights: Its weights; empty for the published ones.
        size: Side of the input in pixels.
        steps: To be taken.
    """

    folder: str
    model: str
    weights: str
    size: int
    steps: int

    @property
    def classes(self) -> int:
        """Labels in a batch."""
        return min(CLASSES, len(list(Path(self.folder, "train").iterdir())))

    @property
    def batch(self) -> int:
        """Pictures in a batch."""
        return self.classes * EACH


def lay_out(source: Path, folder: Path, most: int, large: bool) -> int:
    """Copies pictures into ``train`` and ``held-out``, and makes the image table of them; gives those to train on."""
    labels = sorted(path for path in source.iterdir() if path.is_dir())
    each = max(most // len(labels), 2)
    rows = []
    for number, home in enumerate(labels):
        side = "held-out" if number % HELD_OUT == 0 else "train"
        (folder / side / home.name).mkdir(parents=True)
        for path in sorted(path for path in home.iterdir() if path.suffix.lower() in SUFFIXES)[:each]:
            target = folder / side / home.name / path.name
            if large:
                target = target.with_suffix(".jpg")
                ImageOps.fit(Image.open(path).convert("RGB"), LARGE).save(target, quality=90)
            else:
                target.write_bytes(path.read_bytes())
            rows.append({"image": str(target), "label": home.name, "side": side})
    write_image_table(pd.DataFrame(rows), folder)
    return sum(row["side"] == "train" for row in rows)


def write_image_table(rows: pd.DataFrame, folder: Path) -> None:
    """Writes what *ingest*, *label* and *split* would, with the same labels held out."""
    listing, images, labelled = (folder / name for name in ("pictures.csv", "images.parquet", "labelled.parquet"))
    rows.to_csv(listing, index=False)
    ingest(IngestConfig(source=str(listing), store=str(folder / "shards")), images, folder / "refused.parquet")
    label(images, labelled, LabelConfig(rule="column"))
    table = read_table(labelled)
    write_table(
        table.assign(subset=table["side"].map({"held-out": "validation"}).fillna("train")), folder / "table.parquet"
    )
