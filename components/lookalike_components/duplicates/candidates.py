"""Which pairs of rows are worth a look: those whose hashes are near."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.duplicates.hashes import Rows, codes_of, near_codes

Pairs = NDArray[np.int64]  # [p, 2], rows of the table

REPRESENTATIVES = 3  # of the pictures with one hash; all the others are compared with these
ROWS_AT_ONCE = 2**15


def by_hash(table: pd.DataFrame, left: Rows, right: Rows) -> Iterator[Pairs]:
    """Pairs of rows, one of either side, whose hashes are near; rows without a hash are passed over.

    Thousands of pictures may share a hash (blank pages, one logo in many colours). They are compared with three of
    them that stand for all, and across two sides with the first of their own label too, in place of each with each.

    Args:
        table: Has the columns ``perceptual_hash`` and ``label``.
        left: Rows that are compared; the very same array as ``right`` to compare all with all.
        right: Rows that they are compared with.

    Yields:
        int64 ``[p, 2]``: left and right, or the lower and the higher row of one side.
    """
    lefts, left_codes = _coded(table, left)
    rights, right_codes = _coded(table, right)
    queries, found = near_codes(left_codes, right_codes)
    near = pd.DataFrame({"left": queries, "right": found})
    if left is right:
        near = pd.DataFrame(np.sort(near.to_numpy(), axis=1), columns=near.columns).drop_duplicates()
    standing, own = _standing(rights), rights.drop_duplicates(["code", "label"])
    for block in _blocks(near):
        some = lefts.merge(block, left_on="code", right_on="left")
        for rows in _blocks(some):
            anybody = rows.merge(standing, left_on="right", right_on="code", suffixes=("", "_found"))
            if left is right:
                yield _upwards(anybody)
            else:
                same = rows.merge(own, left_on=["right", "label"], right_on=["code", "label"], suffixes=("", "_found"))
                yield pd.concat([anybody, same])[["row", "row_found"]].drop_duplicates().to_numpy()


def _coded(table: pd.DataFrame, rows: Rows) -> tuple[pd.DataFrame, NDArray[np.uint8]]:
    """Rows that have a hash, with the number of their code; and the codes."""
    some = table[["perceptual_hash", "label"]].iloc[rows].set_axis(rows).dropna(subset=["perceptual_hash"])
    numbers, hashes = pd.factorize(some["perceptual_hash"])
    return pd.DataFrame({"row": some.index, "code": numbers, "label": some["label"].to_numpy()}), codes_of(list(hashes))


def _standing(rights: pd.DataFrame) -> pd.DataFrame:
    """The rows that stand for all of their code, spread over them."""
    of_code = rights.groupby("code")["row"]
    place, step = of_code.cumcount(), (of_code.transform("size") // REPRESENTATIVES).clip(lower=1)
    return rights.loc[(place % step == 0) & (place < REPRESENTATIVES * step), ["row", "code"]]


def _blocks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    return (frame.iloc[start : start + ROWS_AT_ONCE] for start in range(0, len(frame), ROWS_AT_ONCE))


def _upwards(pairs: pd.DataFrame) -> Pairs:
    rows: Pairs = np.sort(pairs[["row", "row_found"]].to_numpy(), axis=1)
    return np.unique(rows[rows[:, 0] < rows[:, 1]], axis=0)
