"""Fills in the column ``subset`` of an image table, and looks for images on both sides."""

from pathlib import Path

import pandas as pd

from lookalike_components.dataset import SUBSETS, read_table, write_table
from lookalike_components.errors import UserError, listed
from lookalike_components.progress import Facts, say
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.held_out import FEWEST, hold_out, hold_out_validation
from lookalike_components.split.leaks import find_leaks, settle_leaks
from lookalike_components.split.queries import choose_queries
from lookalike_components.storage import replacing


def split(labelled_path: str | Path, table_path: str | Path, leaks_path: str | Path, config: SplitConfig) -> Facts:
    """Assigns every image to training, validation, queries or index.

    Args:
        labelled_path: Image table to read; every row has a label.
        table_path: Image table to write: the same rows with ``subset``, None for an image that is left out.
        leaks_path: Table of the images on both sides to write (Parquet); see `find_leaks`. It is written even when the
            leaks are refused, so that they can be looked at.
        config: What is held out, how it is queried, and what happens to leaks.

    Returns:
        Images of each subset, ``leaks``, and, where there are any, ``doubts`` and images ``left_out``.

    Raises:
        UserError: There are too few labels or images, or there are leaks and they are refused.
    """
    images = read_table(labelled_path)
    if images["label"].isna().any():
        raise UserError(f"{labelled_path} has images without a label; run the step label first")
    table = images.assign(subset=_subsets(images, config))
    found = find_leaks(table)
    with replacing(leaks_path) as temporary:
        found.to_parquet(temporary, index=False)
    table = settle_leaks(table, found, config.leaks)
    _refuse_too_little_training(table)
    write_table(table, table_path)
    return _facts(table, found["kind"])


def _subsets(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    subsets = hold_out(images, config)
    train, test = images[subsets == "train"], images[subsets == "test"]
    if config.by == "position":
        _tell_shared_labels(train["label"], test["label"])
    validation = hold_out_validation(train, config)
    subsets[train.index[train["label"].isin(validation)]] = "validation"
    subsets[test.index] = choose_queries(test, config)
    return subsets


def _tell_shared_labels(train: pd.Series, test: pd.Series) -> None:
    shared = sorted(set(train) & set(test))
    if shared:
        say(f"labels in training and in the test: {listed(shared)}")


def _refuse_too_little_training(table: pd.DataFrame) -> None:
    labels = table.loc[table["subset"] == "train", "label"].nunique()
    if labels < FEWEST:
        raise UserError(f"training needs images of at least {FEWEST} labels, and the split leaves {labels}")


def _facts(table: pd.DataFrame, kinds: pd.Series) -> Facts:
    facts = {subset: int((table["subset"] == subset).sum()) for subset in SUBSETS}
    facts["leaks"] = int((kinds == "leak").sum())
    rare = {"doubts": int((kinds == "doubt").sum()), "left_out": int(table["subset"].isna().sum())}
    return facts | {name: number for name, number in rare.items() if number}
