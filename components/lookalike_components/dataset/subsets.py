"""Parts of an image table that more than one step asks for."""

import pandas as pd

from lookalike_components.dataset.table import LABEL_NOW

MOST_BESIDE = 2_000
"""Enough to tell how searches come out in an index of tens of thousands; each of them has to be embedded."""


def in_the_source(table: pd.DataFrame) -> pd.DataFrame:
    """Of a frozen test set, what the source has still, under the label that it has there; of others, all.

    No frozen picture lacks a label: those that do are in the source.
    """
    if LABEL_NOW not in table:
        return table
    there = table[LABEL_NOW].notna() | table["label"].isna()
    return table.assign(label=table[LABEL_NOW])[there].reset_index(drop=True)


def is_for_validation(table: pd.DataFrame) -> "pd.Series[bool]":
    """Which pictures choices are made on: thresholds and whatever else must not see the test."""
    return (table["subset"] == "validation") & table["label"].notna()


def beside_validation(table: pd.DataFrame) -> pd.DataFrame:
    """What validation pictures are searched among, beside each other, to set a threshold: some of the training's.

    They come in the order of their ids, which are digests of the files, so that these are a random part, and the same
    one wherever it is asked for.
    """
    trained = table[(table["subset"] == "train") & table["label"].notna()]
    return trained.sort_values("image_id", kind="stable").head(MOST_BESIDE)
