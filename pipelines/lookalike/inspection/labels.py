"""Which labels the images would get, and what would stop a run on the way there."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lookalike_components.dataset import COLUMNS, write_table
from lookalike_components.errors import UserError
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.label.rules import find_labels
from lookalike_components.label.tables import corrected_labels


def labelled(images: pd.DataFrame, config: LabelConfig) -> tuple[pd.DataFrame, list[str]]:
    """The accepted images with their labels, as far as the rule goes, and the sentences with which a run would stop."""
    table = images.reindex(columns=[*COLUMNS, *images.columns.difference(list(COLUMNS))])
    if table.empty:
        return table, ["no image can be used"]
    try:
        found, _ = corrected_labels(table, find_labels(table, config), config.corrections)
    except UserError as error:
        return table.assign(label=None), [str(error)]
    return table.assign(label=found), _stops(table, config)


def _stops(table: pd.DataFrame, config: LabelConfig) -> list[str]:
    """Runs the step `label` itself: what it says here is what it would say then, but for what it makes of copies.

    Near ones are looked for in shards, and here are none.
    """
    config = config.model_copy(update={"duplicates": "ignore"})
    with TemporaryDirectory(prefix="lookalike-check-") as folder:
        write_table(table, Path(folder, "images.parquet"))
        try:
            label(Path(folder, "images.parquet"), Path(folder, "labelled.parquet"), config)
        except UserError as error:
            return [str(error)]
    return []


def label_sizes(images: pd.DataFrame) -> "pd.Series[int]":
    """Different images of each label, by label, in the order of the names; copies of a file count once."""
    some = images[["label", "image_id"]].dropna()
    return some.groupby("label", sort=True)["image_id"].nunique()
