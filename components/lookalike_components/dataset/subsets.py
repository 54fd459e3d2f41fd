"""Parts of an image table that more than one step asks for."""

import pandas as pd

from lookalike_components.dataset.table import LABEL_NOW


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
