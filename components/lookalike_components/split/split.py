"""Fills in the column ``subset`` of an image table, and looks for images on both sides."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset import SUBSETS, are_unlabelled, read_table, write_table
from lookalike_components.duplicates import embed, find_duplicates, find_label_doubts
from lookalike_components.duplicates.doubts import COLUMNS as DOUBT_COLUMNS
from lookalike_components.duplicates.vectors import Vectors
from lookalike_components.errors import LookalikeError, UserError, listed
from lookalike_components.progress import Facts, say
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.frozen import hold_out_frozen, with_test_set
from lookalike_components.split.held_out import FEWEST, hold_out, hold_out_validation
from lookalike_components.split.leaks import across, described, find_leaks, kinds, page, pictures, settle_leaks
from lookalike_components.split.queries import choose_queries
from lookalike_components.storage import replacing, upload, write_bytes

FilePath = str | Path


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go: the table, the images on both sides (Parquet and HTML), and the doubtful labels (CSV).

    Attributes:
        page_uri: Where Kubeflow would keep the page, which keeps nothing of a step that fails: what refuses the leaks
            brings the page to a bucket itself.
    """

    table: FilePath
    leaks_found: FilePath
    leaks_page: FilePath
    label_doubts: FilePath
    page_uri: str = ""


def split(labelled_path: FilePath, outputs: Outputs, config: SplitConfig) -> Facts:
    """Assigns every image to training, validation, queries or index.

    Args:
        labelled_path: Image table to read. Rows without a label get no subset, are compared with nothing, and come
            last in the table that is written.
        outputs: What to write. Leaks and doubts are written even when the leaks are refused, so that they can be looked
            at.
        config: What is held out, how it is queried, and what happens to leaks.

    Returns:
        Images of each subset, ``leaks``, and, where there are any, ``doubts``, ``label_doubts``, images ``left_out``
        and those that are ``unlabelled``.

    Raises:
        UserError: There are too few labels or images, there are leaks and they are refused, or images have to be
            compared and their shard is gone.
    """
    images, unlabelled = _by_having_a_label(read_table(labelled_path))
    if images.empty and len(unlabelled):
        raise UserError(f"{labelled_path} has no image with a label; run the step label first")
    if config.test_set:
        images = with_test_set(images, config.test_set)
    vectors = embed(images, config) if config.near_duplicates == "encoder" else None
    doubts = _write_label_doubts(images, vectors, outputs.label_doubts)
    table, pairs = _divided(images, config, vectors)
    write_bytes(outputs.leaks_page, page(table, pairs).encode())
    with replacing(outputs.leaks_found) as temporary:
        described(table, pairs).to_parquet(temporary, index=False)
    found = kinds(table, pairs)
    table = settle_leaks(table, pairs, config.leaks, lambda: _page_for_people(outputs))
    _refuse_too_little_training(table)
    write_table(pd.concat([table, unlabelled], ignore_index=True), outputs.table)
    return _facts(table, found, doubts, len(unlabelled))


def _by_having_a_label(images: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The images with a label, numbered anew, and those without one, which are in no subset."""
    has = images["label"].notna()
    return images[has].reset_index(drop=True), images[~has].assign(subset=None)


def _page_for_people(outputs: Outputs) -> str:
    """Where the page is after the step has failed."""
    if "://" not in outputs.page_uri:
        return str(outputs.leaks_page)
    try:
        upload(Path(outputs.leaks_page), outputs.page_uri)
    except LookalikeError as error:
        say(f"the page of the leaks is not kept: {error}")
        return "the page of a run with split.leaks=ignore"
    return outputs.page_uri


def _divided(images: pd.DataFrame, config: SplitConfig, vectors: Vectors | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table with subsets, and the pairs of images that are on both sides.

    By image, what is nearly the same has to be known before, so that it stays on one side.
    """
    near = config.near_duplicates != "off"
    if config.by != "image":
        table = images.assign(subset=_subsets(images.assign(picture=images["image_id"]), config))
        return table, find_leaks(table, near, vectors)
    pairs = find_duplicates(images, near=near, vectors=vectors)
    table = images.assign(subset=_subsets(images.assign(picture=pictures(images, pairs)), config))
    return table, across(table, pairs)


def _write_label_doubts(images: pd.DataFrame, vectors: Vectors | None, path: FilePath) -> int:
    doubts = pd.DataFrame(columns=DOUBT_COLUMNS) if vectors is None else find_label_doubts(images, vectors)
    write_bytes(path, doubts.to_csv(index=False).encode())
    return len(doubts)


def _subsets(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    subsets = (hold_out_frozen if config.test_set else hold_out)(images, config)
    train, test = images[subsets == "train"], images[subsets == "test"]
    if config.by == "position":
        _tell_shared_labels(train["label"], test["label"])
    validation = hold_out_validation(train, config)
    subsets[train.index[train["label"].isin(validation)]] = "validation"
    subsets[test.index] = test["subset"] if config.test_set else choose_queries(test, config)
    return subsets.mask(_are_copies_of_one_subset(images, subsets), None)


def _are_copies_of_one_subset(images: pd.DataFrame, subsets: pd.Series) -> pd.Series:
    """Which validation pictures are there once more under their label: a copy would be found by itself.

    Those of the test are left out by `choose_queries`, but for a frozen one, which stays as it is.
    """
    validation = subsets == "validation"
    return validation & images[["image_id", "label"]].where(validation).duplicated()


def _tell_shared_labels(train: pd.Series, test: pd.Series) -> None:
    shared = sorted(set(train) & set(test))
    if shared:
        say(f"labels in training and in the test: {listed(shared)}")


def _refuse_too_little_training(table: pd.DataFrame) -> None:
    rows = table[table["subset"] == "train"]
    sizes = rows.groupby("label")["image_id"].nunique()
    if len(sizes) < FEWEST:
        raise UserError(f"training needs images of at least {FEWEST} labels, and the split leaves {len(sizes)}")
    if sizes.max() < FEWEST and not are_unlabelled(rows):
        raise UserError(
            "no training label has two images left, and a pair needs two; add images, or hold out fewer of them"
        )


def _facts(table: pd.DataFrame, kinds: NDArray[np.str_], label_doubts: int, unlabelled: int) -> Facts:
    facts = {subset: int((table["subset"] == subset).sum()) for subset in SUBSETS}
    facts["leaks"] = int((kinds == "leak").sum())
    rare = {"doubts": int((kinds == "doubt").sum()), "label_doubts": label_doubts}
    rare |= {"left_out": int(table["subset"].isna().sum()), "unlabelled": unlabelled}
    return facts | {name: number for name, number in rare.items() if number}
