"""What a threshold is worth on the test: how many pairs it takes for the same thing, rightly and wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.evaluate.subset import Examination, Vectors
from lookalike_components.progress import track
from lookalike_components.retrieval import Shown

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
        """What matches, of all pairs of a kind and of all searches that have such a pair.

        Returns:
            ``true_matches`` and ``false_matches``, shares of pairs; ``true_searches``, the share of searches that find
            a match which is one, and ``false_searches``, the share of those that find one which is none.
        """
        kinds = {"true": (self.same_matched, self.same), "false": (self.different_matched, self.different)}
        pairs = {f"{kind}_matches": _share(some.sum(), every.sum()) for kind, (some, every) in kinds.items()}
        searches = {
            f"{kind}_searches": _share((some > 0).sum(), (every > 0).sum()) for kind, (some, every) in kinds.items()
        }
        return {name: float(share) for name, share in {**pairs, **searches}.items()}

    def of_each_query(self) -> dict[str, Shares]:
        """Of each query's pairs of a kind, the share that matches: float64 ``[q]``, NaN where it has none."""
        return {
            "true_matches": _share(self.same_matched, self.same),
            "false_matches": _share(self.different_matched, self.different),
        }


def matches(threshold: float, test: Examination, vectors: Vectors) -> Matches:
    """Compares each query with each picture of the index but itself.

    Args:
        threshold: Cosine from which two pictures count as the same.
        test: Queries and index.
        vectors: float32 ``[n, d]`` of unit length, one for each row of ``test.images``.
    """
    return matches_at([threshold], test, vectors)[0]


def matches_at(thresholds: Sequence[float], test: Examination, vectors: Vectors) -> list[Matches]:
    """The same for several thresholds at once, comparing some queries at a time."""
    edges, place = np.unique(np.asarray(thresholds, np.float32), return_inverse=True)
    queries, index, shown = test.asked(vectors), test.searched(vectors), test.shown
    codes, _ = pd.factorize(pd.concat([test.queries["label"], test.index["label"]]))
    asked, there = np.split(codes, [len(queries)])
    matched = np.zeros((2, len(queries), len(edges)), np.int64)
    at_once = max(COSINES_AT_ONCE // len(index), 1)
    for start in track(range(0, len(queries), at_once), len(queries), "queries compared", each=at_once):
        rows = slice(start, start + at_once)
        cosines = queries[rows] @ index.T
        # Few pairs reach even the lowest threshold; only these are looked at one by one.
        query, row = np.nonzero(cosines >= edges[0])
        others = np.ones(len(query), bool) if shown is None else shown.asked[rows][query] != shown.there[row]
        query, row = query[others], row[others]
        for kind, chosen in enumerate((asked[rows][query] == there[row], asked[rows][query] != there[row])):
            reached = np.searchsorted(edges, cosines[query[chosen], row[chosen]], side="right") - 1
            matched[kind, rows] = _at_or_below(query[chosen], reached, matched[kind, rows].shape)
    same, different = _pairs(asked, there, shown)
    return [Matches(same, matched[0, :, edge], different, matched[1, :, edge]) for edge in place]


def _at_or_below(query: Counts, reached: Counts, shape: tuple[int, ...]) -> Counts:
    """How many pairs of each query reach each edge, int64 ``shape``; ``reached`` is the highest edge of each pair."""
    highest = np.bincount(query * shape[1] + reached, minlength=shape[0] * shape[1]).reshape(shape)
    counts: Counts = highest[:, ::-1].cumsum(axis=1)[:, ::-1]
    return counts


def _pairs(asked: Counts, there: Counts, shown: Shown | None) -> tuple[Counts, Counts]:
    """With how many rows of the index each query is compared that carry its label, and that carry another."""
    alike = np.bincount(there, minlength=int(asked.max()) + 1)[asked]
    if shown is None:
        return alike, len(there) - alike
    own, own_label = shown.copies, shown.under(asked, there).copies
    return alike - own_label, len(there) - alike - (own - own_label)


def _share(part: Counts, whole: Counts) -> Shares:
    shares = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
