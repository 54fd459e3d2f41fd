"""What a threshold is worth on the test: how many pairs it takes for the same thing, rightly and wrongly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.evaluate.subset import Examination, Vectors
from lookalike_components.progress import track

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
COSINES_AT_ONCE = 2**23


@dataclass(frozen=True, slots=True)
class Matches:
    """The pairs of each query with the pictures of the index, but for itself.

    Attributes:
        same: int64 ``[q]``, pairs of one label.
        same_matched: Those of them at or above the threshold.
        different: Pairs of different labels.
        different_matched: Those of them at or above the threshold.
    """

    same: Counts
    same_matched: Counts
    different: Counts
    different_matched: Counts

    def shares(self) -> dict[str, float]:
        """Of all pairs of a kind, the share that matches: ``true_matches`` and ``false_matches``."""
        true = _share(self.same_matched.sum(), self.same.sum())
        false = _share(self.different_matched.sum(), self.different.sum())
        return {"true_matches": float(true), "false_matches": float(false)}

    def of_each_query(self) -> dict[str, Shares]:
        """The same for each query: float64 ``[q]``, NaN where it has no pair of the kind."""
        return {
            "true_matches": _share(self.same_matched, self.same),
            "false_matches": _share(self.different_matched, self.different),
        }


def matches(threshold: float, test: Examination, vectors: Vectors) -> Matches:
    """Compares each query with each picture of the index but itself, some queries at a time.

    Args:
        threshold: Cosine from which two pictures count as the same.
        test: Queries and index.
        vectors: float32 ``[n, d]`` of unit length, one for each row of ``test.images``.
    """
    queries, index = test.asked(vectors), test.searched(vectors)
    codes, _ = pd.factorize(pd.concat([test.queries["label"], test.index["label"]]))
    asked, there = np.split(codes, [len(queries)])
    alike = np.bincount(there, minlength=codes.max() + 1)[asked]
    matched, same_matched = np.zeros((2, len(queries)), np.int64)
    at_once = max(COSINES_AT_ONCE // len(index), 1)
    for start in track(range(0, len(queries), at_once), len(queries), "queries compared", each=at_once):
        rows = slice(start, start + at_once)
        above = queries[rows] @ index.T >= threshold
        if test.left_out:
            np.fill_diagonal(above[:, start:], False)
        matched[rows] = np.count_nonzero(above, axis=1)
        above &= asked[rows, None] == there
        same_matched[rows] = np.count_nonzero(above, axis=1)
    return Matches(alike - test.left_out, same_matched, len(index) - alike, matched - same_matched)


def _share(part: Counts, whole: Counts) -> Shares:
    shares = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
