"""The test subset of an image table: who asks, and what can be found."""

from dataclasses import dataclass

import pandas as pd

from lookalike_components.dataset import are_unlabelled
from lookalike_components.errors import UserError


@dataclass(frozen=True, slots=True)
class Examination:
    """The queries and the index of a test.

    Attributes:
        queries: Rows of the table that are searched for.
        index: Rows that are searched. Without index rows in the table these are the queries themselves.
        left_out: Whether queries and index are the same rows, and each query is left out of its own results.
        by_views: Whether queries and index are the same rows, unlabelled, and each is asked for by a view of it.
    """

    queries: pd.DataFrame
    index: pd.DataFrame
    left_out: bool
    by_views: bool = False

    @property
    def images(self) -> pd.DataFrame:
        """Every row that has to be encoded: the queries, then the index where it is another."""
        return self.queries if self.left_out else pd.concat([self.queries, self.index])


def open_test(table: pd.DataFrame) -> Examination:
    """Takes the test rows out of a table.

    Raises:
        UserError: The table holds no query.
    """
    queries, index = (_rows(table, subset) for subset in ("query", "index"))
    if queries.empty:
        raise UserError("the image table holds no row with subset `query`; run split first, with test labels above 0")
    if not index.empty:
        return Examination(queries, index, left_out=False)
    by_views = are_unlabelled(queries)
    return Examination(queries, queries, left_out=not by_views, by_views=by_views)


def _rows(table: pd.DataFrame, subset: str) -> pd.DataFrame:
    return table[table["subset"] == subset].reset_index(drop=True)
