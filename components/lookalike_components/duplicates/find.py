"""The pairs of a table that are one picture, exactly or nearly."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lookalike_components.duplicates.candidates import Pairs, by_hash
from lookalike_components.duplicates.confirm import confirmed
from lookalike_components.duplicates.hashes import Rows
from lookalike_components.duplicates.likeness import Values
from lookalike_components.duplicates.vectors import Vectors, by_vector

COLUMNS = [
    *("first", "second", "uri_first", "uri_second", "label_first", "label_second"),
    *("kind", "found_by", "likeness"),
]
Found = tuple[Pairs, Values]


def find_duplicates(
    table: pd.DataFrame,
    between: tuple[Rows, Rows] | None = None,
    near: bool = True,
    vectors: Vectors | None = None,
) -> pd.DataFrame:
    """Finds the pictures that are the same: the same bytes, or nearly the same to look at.

    Near ones are looked for by their perceptual hashes and, where ``vectors`` are given, among the nearest neighbours
    under the encoder that made them; then the two pictures themselves are compared, which alone decides. Memory does
    not grow with the number of pairs that are possible: of copies, each is linked to the first, not to every other.

    Args:
        table: An image table; a row whose ``perceptual_hash`` is missing is not compared by it.
        between: Two sets of rows of the table, int64; only pairs with one picture in either are looked for. None for
            all pairs.
        near: Whether to look for pictures that are nearly the same at all.
        vectors: float32 or float16 ``[len(table), d]`` of unit length: finds crops, borders and mirror images too.

    Returns:
        A row a pair: ``first`` and ``second`` (rows of the table, counted from 0), ``uri_first, uri_second,
        label_first, label_second``, ``kind`` (``exact`` or ``near``), ``found_by`` (``bytes``, ``hash`` or
        ``encoder``) and ``likeness`` (correlation of the two pictures laid over each other; 1 for the same bytes).

    Raises:
        UserError: Two pictures have to be looked at and their shard is gone.
    """
    copies = _copies(table, between)
    found = [_frame([(copies, np.ones(len(copies), np.float32))], "exact", "bytes")]
    if near:
        left, right = _sides(table, between)
        found.append(_frame(confirmed(table, by_hash(table, left, right)), "near", "hash"))
    if near and vectors is not None:
        pairs = confirmed(table, by_vector(vectors, left, right), mirrored=True)
        found.append(_frame(pairs, "near", "encoder"))
    return _described(table, pd.concat(found, ignore_index=True))


def _sides(table: pd.DataFrame, between: tuple[Rows, Rows] | None) -> tuple[Rows, Rows]:
    """Of copies, one a label is looked at on the right; on the left, or where there is one side, see `_copies`."""
    if between is None:
        everything = np.flatnonzero(~table["image_id"].duplicated())
        return everything, everything
    left, right = between
    copied = table[["image_id", "label"]].iloc[right].duplicated().to_numpy()
    return left, right[~copied]


def _copies(table: pd.DataFrame, between: tuple[Rows, Rows] | None) -> Pairs:
    ids = table["image_id"]
    if between is None:
        first = pd.Series(np.arange(len(ids))).groupby(ids.to_numpy()).transform("first").to_numpy()
        copies = np.flatnonzero(first != np.arange(len(ids)))
        return np.stack([first[copies], copies], axis=1)
    left, right = (table[["image_id", "label"]].iloc[rows].assign(row=rows) for rows in between)
    left, right = left[left["image_id"].isin(right["image_id"])], right[right["image_id"].isin(left["image_id"])]
    one_of_left, one_of_right = (side.drop_duplicates(["image_id", "label"]) for side in (left, right))
    pairs = [one.merge(other, on="image_id") for one, other in ((left, one_of_right), (one_of_left, right))]
    return pd.concat(pairs)[["row_x", "row_y"]].drop_duplicates().to_numpy(np.int64)


def _frame(found: Iterable[Found], kind: str, found_by: str) -> pd.DataFrame:
    none: Found = (np.empty((0, 2), np.int64), np.empty(0, np.float32))
    pairs, values = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    columns = {"first": pairs[:, 0], "second": pairs[:, 1], "likeness": values}
    return pd.DataFrame(columns).assign(kind=kind, found_by=found_by)


def _described(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    ids = table["image_id"].to_numpy()
    copies = (ids[pairs["first"]] == ids[pairs["second"]]) & (pairs["kind"] == "near").to_numpy()
    pairs = pairs[~copies].drop_duplicates(["first", "second"])
    for side in ("first", "second"):
        for column in ("uri", "label"):
            pairs[f"{column}_{side}"] = table[column].to_numpy()[pairs[side]]
    return pairs.sort_values(["first", "second"], ignore_index=True)[COLUMNS]
