"""The test subset of an image table: who asks, what can be found, and what only distracts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import are_unlabelled
from lookalike_components.errors import UserError
from lookalike_components.retrieval import Shown

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examination:
    """The queries and the index of a test.

    Attributes:
        queries: Rows of the table that are searched for.
        index: Rows that are searched. Without index rows in the table these are the queries themselves.
        left_out: Whether queries and index are the same rows. Each query is left out of its own results then, as it is
            wherever the index holds its picture once more.
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

    @property
    def shown(self) -> Shown | None:
        """Which picture each query and each row of the index shows; None where a view asks for the picture itself."""
        if self.by_views:
            return None
        codes, _ = pd.factorize(pd.concat([self.queries["image_id"], self.index["image_id"]]))
        return Shown(*np.split(codes, [len(self.queries)]))

    @property
    def most_left_out(self) -> int:
        """Most rows of the index that are left out of the results of one query, since they show it."""
        return self.shown.most_copies if self.shown else 0

    def asked(self, vectors: Vectors) -> Vectors:
        """Of the vectors of ``images``, those of the queries."""
        return vectors[: len(self.queries)]

    def searched(self, vectors: Vectors) -> Vectors:
        """Of the vectors of ``images``, those of the index."""
        return vectors[-len(self.index) :]


def open_test(table: pd.DataFrame) -> Examination:
    """Takes the test rows out of a table, each picture once under a label: a copy would be found by itself.

    Raises:
        UserError: The table holds no query.
    """
    tested = table[table["subset"].isin(("query", "index"))].sort_values("subset", ascending=False, kind="stable")
    once = tested.drop_duplicates(["image_id", "label"])  # a query before its copy in the index
    queries, index = (_rows(once, subset) for subset in ("query", "index"))
    if queries.empty:
        raise UserError("the image table holds no row with subset `query`; run split first, with test labels above 0")
    if not index.empty:
        return Examination(queries, index, left_out=False)
    by_views = are_unlabelled(queries)
    return Examination(queries, queries, left_out=not by_views, by_views=by_views)


def bystanders(table: pd.DataFrame, test: Examination) -> pd.DataFrame:
    """Pictures that no step uses and no query looks for: those without a label, and those that are alone with theirs.

    Copies of test pictures are not among them, and each picture is there once. They come in the order of their ids,
    which are digests of the files, so that the first of them are a random part.
    """
    unused = table[table["subset"].isna() & ~table["label"].isin(test.queries["label"])]
    unknown = unused[~unused["image_id"].isin(test.images["image_id"])]
    return unknown.drop_duplicates("image_id").sort_values("image_id").reset_index(drop=True)


def some_of(images: pd.DataFrame, most: int) -> Positions:
    """The positions of at most so many pictures, in their order: those of the lowest ids.

    An id is the digest of a file. So these are a random part, the same one for every encoder and in every run.
    """
    lowest = np.argsort(images["image_id"].to_numpy(dtype=str), kind="stable")[:most]
    return np.sort(lowest)


def _rows(table: pd.DataFrame, subset: str) -> pd.DataFrame:
    return table[table["subset"] == subset].reset_index(drop=True)
