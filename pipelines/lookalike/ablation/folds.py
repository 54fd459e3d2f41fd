"""The pictures that an ablation may look at, in folds: those of the test stay closed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from lookalike.config import FinetuneConfig
from lookalike_components.dataset import read_table, write_table
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.progress import Facts
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.held_out import FEWEST, hold_out_validation
from lookalike_components.split.split import Outputs, split


@dataclass(frozen=True, slots=True)
class Fold:
    """Some labels to measure on, and the others to train on.

    Attributes:
        number: From 1 up.
        table: Image table whose subset ``query`` holds the fold's own labels, each of whose pictures is searched among
            the others; the other labels are in ``train`` and ``validation``.
        digest: Tells its pictures, labels and subsets from every other's, wherever they lie.
    """

    number: int
    table: Path
    digest: str


def prepare(config: FinetuneConfig, folder: Path) -> tuple[Path, Facts]:
    """Does what a run does before it trains: ingest, label, split.

    Args:
        config: The settings of the run.
        folder: Where the shards go, unless the settings name a store, and the tables.

    Returns:
        The image table with its subsets, and the facts of the split.

    Raises:
        UserError: What a run would refuse.
    """
    store = f"{config.top()['artifacts'] or folder}/shards"
    moving = cast(IngestConfig, config.step("ingest")).model_copy(update={"store": store})
    images, labelled, table = (folder / f"{name}.parquet" for name in ("images", "labelled", "table"))
    ingest(moving, images, folder / "quarantine.parquet")
    label(images, labelled, cast(LabelConfig, config.step("label")))
    outputs = Outputs(table, folder / "leaks.parquet", folder / "leaks.html", folder / "label_doubts.csv")
    return table, split(labelled, outputs, cast(SplitConfig, config.step("split")))


def folds(table: Path, number: int, config: SplitConfig) -> list[Fold]:
    """Divides the training and validation labels of a table into folds; no label is in two of them.

    Args:
        table: As `prepare` leaves it.
        number: How many folds.
        config: Share of the validation labels within the rest, and the seed.

    Raises:
        UserError: There are too few labels for so many folds.
    """
    images = read_table(table)
    images = images[images["subset"].isin(["train", "validation"])].reset_index(drop=True)
    fold_of = _fold_of(images, number, config.seed)
    return [_written(frame, place, table.parent) for place, frame in _divided(images, fold_of, number, config)]


def _fold_of(images: pd.DataFrame, number: int, seed: int) -> pd.Series:
    """The fold of each image, from 1 up; labels with one image are dealt out last."""
    sizes = images.groupby("label")["image_id"].nunique().sort_index()
    shuffled = np.random.default_rng([seed, 2]).permutation(len(sizes))
    order = sizes.index[sorted(shuffled, key=lambda place: sizes.iloc[place] < FEWEST)]
    if (searchable := int((sizes >= FEWEST).sum())) < FEWEST * number or searchable < 2 * FEWEST:
        raise UserError(
            f"{number} folds need {max(FEWEST * number, 2 * FEWEST)} labels of two pictures or more besides the test's,"
            f" and there are {searchable}; pass a lower --folds, or a lower split.test"
        )
    return images["label"].map({name: place % number + 1 for place, name in enumerate(order)})


def _divided(
    images: pd.DataFrame, fold_of: pd.Series, number: int, config: SplitConfig
) -> Iterator[tuple[int, pd.DataFrame]]:
    for place in range(1, number + 1):
        validation = hold_out_validation(images[fold_of != place], config)
        others = images["label"].isin(validation).map({True: "validation", False: "train"})
        yield place, images.assign(subset=others.mask(fold_of == place, "query"))


def _written(frame: pd.DataFrame, number: int, folder: Path) -> Fold:
    path = folder / f"fold-{number}.parquet"
    write_table(frame, path)
    return Fold(number, path, contents_digest(frame))


def contents_digest(frame: pd.DataFrame) -> str:
    """The sha256, in hex, over the pictures, labels and subsets of a table."""
    contents = frame[["image_id", "label", "subset"]].to_csv(index=False)
    return hashlib.sha256(contents.encode()).hexdigest()
