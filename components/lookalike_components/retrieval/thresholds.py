"""From scores of pairs to the score above which two pictures are called the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log1p

import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import UserError
from lookalike_components.retrieval.bootstrap import NUMBERS_AT_ONCE, Resampling, draws
from lookalike_components.retrieval.cosines import Codes, Pairs, labelled_pairs
from lookalike_components.retrieval.metrics import Values
from lookalike_components.retrieval.neighbours import Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """The cosine from which two pictures are called the same thing, and how far it can be trusted.

    Attributes:
        threshold: A pair matches when its cosine is equal to or above it.
        low: Lower end of its interval.
        high: Upper end of its interval. Where ``supported`` is false it knows nothing of what lies above the best pair.
        pair_rate: Share of the pairs of different labels that may match.
        pairs: Pairs of different labels that it was read off.
        supported: Whether one of them may match at all; otherwise the threshold is the next number above them all.
        recall: Share of the pairs of one label that match, in [0, 1]; None where there is no such pair.
    """

    threshold: float
    low: float
    high: float
    pair_rate: float
    pairs: int
    supported: bool
    recall: float | None


def calibrate(
    vectors: Vectors,
    labels: Sequence[str | None],
    rate: float,
    index_size: int,
    resampling: Resampling,
) -> Calibration | None:
    """Finds the threshold at which few searches for what is not there are answered by a match.

    Such a search compares its picture with all ``index_size`` pictures. If each matches with probability p, none does
    with ``(1 - p) ** index_size``; so p may be ``1 - (1 - rate) ** (1 / index_size)``. Pictures of one label match
    together rather than alone, so that the true share of searches tends to be lower.

    The interval is a percentile bootstrap that draws labels with replacement. A pair weighs as the product of how often
    its two labels were drawn, since it is missing without either (Davezies, D'Haultfœuille and Guyonvarch, Empirical
    process results for exchangeable arrays, Annals of Statistics 49, 2021).

    Pairs of different labels that the encoder cannot tell apart at all are left out, as faults of the labels.

    Args:
        vectors: float32 ``[n, d]`` of unit length.
        labels: ``[n]``; pictures without a label are left out, and all but 2,000 where there are more.
        rate: Share of searches for a thing that is not in the index which may still be answered, 0 or more, below 1.
        index_size: Pictures that a search compares with, 1 or more.
        resampling: Confidence and resamples of the interval, and the seed that chooses the 2,000 too.

    Returns:
        The threshold; None where no two pictures of different labels can be told apart.

    Raises:
        UserError: The rate or the size of the index is out of range.
    """
    if index_size < 1:
        raise UserError(f"index_size is {index_size}; it should be 1 or more")
    pairs = labelled_pairs(vectors, labels, resampling.seed).without_twins()
    if not len(pairs.different):
        return None
    pair_rate = -expm1(log1p(-_checked(rate)) / index_size)
    threshold = threshold_at(pair_rate, pairs.different)
    low, high = _interval(pairs, pair_rate, resampling)
    return Calibration(
        threshold,
        low,
        high,
        pair_rate,
        pairs=len(pairs.different),
        supported=pair_rate * len(pairs.different) >= 1,
        recall=float((pairs.same >= threshold).mean()) if len(pairs.same) else None,
    )


def threshold_at(false_match_rate: float, non_matching_scores: NDArray[np.float32]) -> float:
    """Gives the lowest threshold that lets at most this share of non-matching pairs through.

    A pair matches when its score is equal to or above the threshold.

    Args:
        false_match_rate: Share of non-matching pairs that may be called a match, from 0 to below 1.
        non_matching_scores: float32 [n], scores of pairs that carry different labels.

    Returns:
        The float32 just above the best score that must not pass. With fewer than ``1 / false_match_rate`` pairs, that
        is just above the best of all.

    Raises:
        UserError: There is no pair, or the rate is out of range.
    """
    _checked(false_match_rate)
    if not len(non_matching_scores):
        raise UserError(
            "a threshold needs pairs of different labels, got none; put 2 labels or more into the validation"
        )
    passing = int(false_match_rate * len(non_matching_scores))
    place = len(non_matching_scores) - 1 - passing
    best_refused = np.partition(np.asarray(non_matching_scores, dtype=np.float32), place)[place]
    return float(_above(best_refused))


def _checked(rate: float) -> float:
    if not 0 <= rate < 1:
        raise UserError(f"false_match_rate is {rate}; it should be 0 or more and less than 1")
    return rate


def _above(scores: Vectors) -> Vectors:
    """The next float32 above each."""
    above: Vectors = np.nextafter(scores, np.float32(np.inf))
    return above


def _interval(pairs: Pairs, rate: float, resampling: Resampling) -> tuple[float, float]:
    """The range in which the threshold would lie for most other choices of labels."""
    best_first = np.argsort(-pairs.different, kind="stable")
    first, second = pairs.first[best_first], pairs.second[best_first]
    sizes = np.bincount(pairs.codes).astype(np.float64)
    refused = np.concatenate([_refused(first, second, sizes, drawn, rate) for drawn in draws(len(sizes), resampling)])
    tail = (1 - resampling.confidence) / 2
    low, high = np.quantile(_above(pairs.different[best_first][refused]), [tail, 1 - tail])
    return float(low), float(high)


def _refused(first: Codes, second: Codes, sizes: Values, drawn: Values, rate: float) -> Codes:
    """The place of the best pair that must not pass, in each draw that makes a pair at all.

    Args:
        first: int64 [p], the label of one picture of each pair, the pair of the highest cosine first.
        second: int64 [p], the label of the other.
        sizes: float64 [l], pictures of each label.
        drawn: float64 [draws, l], how often each label was drawn.
        rate: Share of the pairs' weight that may pass.

    Returns:
        int64, as many as there are draws of two labels or more.
    """
    drawn = drawn[(drawn > 0).sum(axis=1) > 1]
    pictures = drawn * sizes
    allowed = rate * (pictures.sum(axis=1) ** 2 - (pictures**2).sum(axis=1)) / 2
    weights = np.ascontiguousarray(drawn.T)
    passed, refused = np.zeros(len(drawn)), np.zeros(len(drawn), dtype=np.int64)
    undecided = np.arange(len(drawn))
    at_once = NUMBERS_AT_ONCE // max(len(drawn), 1)
    for start in range(0, len(first), at_once):
        block = slice(start, start + at_once)
        open_weights = weights[:, undecided]
        together = passed[undecided] + (open_weights[first[block]] * open_weights[second[block]]).cumsum(axis=0)
        over = together > allowed[undecided]
        refused[undecided] = start + over.argmax(axis=0)
        passed[undecided] = together[-1]
        undecided = undecided[~over.any(axis=0)]
        if not undecided.size:
            break
    return refused
