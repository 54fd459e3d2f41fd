"""From the answers to searches for what is not there to the score from which two pictures are called the same thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import expm1, log1p

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.errors import UserError
from lookalike_components.retrieval.bootstrap import NUMBERS_AT_ONCE, Resampling, draws, labels_needed
from lookalike_components.retrieval.cosines import TWINS, Codes, chosen_rows, labelled_pairs
from lookalike_components.retrieval.metrics import Values
from lookalike_components.retrieval.neighbours import Vectors

FEWEST_LABELS = 2
"""One thing alone says nothing of how others come out."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures and what they show.

    Attributes:
        vectors: float32 ``[n, d]`` of unit length.
        labels: ``[n]``, None where nobody knows.
    """

    vectors: Vectors
    labels: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The cosine from which two pictures are called the same thing, and how far it can be trusted.

    Attributes:
        threshold: A pair matches when its cosine is equal to or above it.
        low: Lower end of its interval.
        high: Upper end of its interval. Where ``supported`` is false, nothing is known of what lies above.
        search_rate: Share of the searches below that may be answered.
        searches: Searches for what is not there that it was read off.
        labels: Labels of the pictures that were searched for.
        compared: Pictures of other things that such a search was compared with, on average.
        supported: Whether one of the searches may be answered at all, otherwise the threshold is the next number above
            all answers; and whether they are for labels enough to be sure of anything, see `labels_needed`.
        recall: Share of the pairs of one label that match, in [0, 1]; None where there is no such pair.
        redrawn: float32 ``[resamples]``, where the threshold would lie for other choices of labels. The same draws for
            any two encoders that the same pictures were searched for with, so that what they share can be told.
    """

    threshold: float
    low: float
    high: float
    search_rate: float
    searches: int
    labels: int
    compared: float
    supported: bool
    recall: float | None
    redrawn: Vectors = field(repr=False, compare=False)

    @property
    def answers_nothing(self) -> bool:
        """Whether not one pair of one label reaches the threshold: it keeps its promise by matching nothing."""
        return self.recall == 0


def calibrate(
    asked: Labelled, others: Labelled, rate: float, index_size: int, resampling: Resampling
) -> Calibration | None:
    """Finds the threshold at which few searches for what is not there are answered by a match.

    Every picture of ``asked`` is searched for among ``others`` and the rest of ``asked``, but for those of its own
    label, as if the thing were not there; the best cosine that this finds would be the answer. Where m pictures were
    compared instead of ``index_size``, a share of ``1 - (1 - rate) ** (m / index_size)`` may be answered: so many would
    be if every further picture matched by itself. Pictures of one label match together, so that the true share in the
    larger index tends to be lower.

    The interval is a percentile bootstrap that draws the labels of ``asked`` with replacement, with all their searches;
    what they are searched in stays as it is.

    Pairs of different labels that the encoder cannot tell apart at all are left out, as faults of the labels.

    Args:
        asked: What is searched for; pictures without a label are left out, and all but 2,000 where there are more.
        others: What else is searched, labelled too.
        rate: Share of searches for a thing that is not in the index which may still be answered, 0 or more, below 1.
        index_size: Pictures that a search compares with, 1 or more; here too no more are.
        resampling: Confidence and resamples of the interval, and the seed that chooses the 2,000 too.

    Returns:
        The threshold; None where ``asked`` has no two labels, or no picture differs from one of another label.

    Raises:
        UserError: The rate or the size of the index is out of range.
    """
    if index_size < 1:
        raise UserError(f"index_size is {index_size}; it should be 1 or more")
    _checked(rate)
    best, codes, compared = _answers(asked, others, index_size, resampling.seed)
    labels = len(np.unique(codes))
    if labels < FEWEST_LABELS:
        return None
    search_rate = -expm1(log1p(-rate) * compared / index_size)
    threshold, redrawn = set_on(best, codes, search_rate, resampling)
    tail = (1 - resampling.confidence) / 2
    low, high = np.quantile(redrawn, [tail, 1 - tail])
    same = labelled_pairs(asked.vectors, asked.labels, resampling.seed).same
    return Calibration(
        threshold,
        float(low),
        float(high),
        search_rate,
        searches=len(best),
        labels=labels,
        compared=compared,
        supported=search_rate * len(best) >= 1 and labels >= labels_needed(resampling.confidence),
        recall=float((same >= threshold).mean()) if len(same) else None,
        redrawn=redrawn,
    )


def set_on(best: Vectors, codes: Codes, rate: float, resampling: Resampling) -> tuple[float, Vectors]:
    """Sets the threshold on searches for what is not there, and again on each choice of their labels.

    Args:
        best: float32 ``[q]``, the best cosine that each search finds.
        codes: int64 ``[q]``, the label that each was for.
        rate: Share of the searches that may be answered, 0 or more, below 1.
        resampling: How many choices, and their seed; labels are drawn with replacement, with all their searches.

    Returns:
        The threshold, and float32 ``[resamples]``, where it lies for each choice. A draw is the same for all ``best``
        that have labels of the same codes.
    """
    best_first = np.argsort(-best, kind="stable")
    _, codes = np.unique(codes[best_first], return_inverse=True)
    drawn = draws(int(codes.max()) + 1, resampling)
    refused = np.concatenate([_refused(codes, part, rate) for whole in drawn for part in _parts(whole, len(best))])
    return threshold_at(rate, best), _above(best[best_first][refused])


def threshold_at(false_match_rate: float, non_matching_scores: NDArray[np.float32]) -> float:
    """Gives the lowest threshold that lets at most this share of what should not match through.

    A score matches when it is equal to or above the threshold.

    Args:
        false_match_rate: Share of the scores that may be called a match, from 0 to below 1.
        non_matching_scores: float32 [n], scores of pairs that carry different labels, or the best of each search.

    Returns:
        The float32 just above the best score that must not pass. With fewer than ``1 / false_match_rate`` scores, that
        is just above the best of all.

    Raises:
        UserError: There is no score, or the rate is out of range.
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


def _answers(asked: Labelled, others: Labelled, index_size: int, seed: int) -> tuple[Vectors, Codes, float]:
    """What searches find of which nothing is there.

    Returns:
        The best cosine with another label, float32 ``[q]``, of each search that was compared with another label at all;
        the code of the label that it was for, int64 ``[q]``; and the pictures of other labels that it was compared
        with, on average.
    """
    rows = [chosen_rows(side.labels, seed) for side in (asked, others)]
    vectors, labels = (
        np.concatenate([np.array(values, kind)[some] for values, some in zip(sides, rows, strict=True)])
        for sides, kind in (((asked.vectors, others.vectors), np.float32), ((asked.labels, others.labels), object))
    )
    codes, _ = pd.factorize(labels)
    index = np.random.default_rng(seed).permutation(len(codes))
    best, compared = _best_of_another_label(vectors, codes, len(rows[0]), index, index_size)
    known = compared > 0
    return best[known], codes[: len(rows[0])][known], float(compared[known].mean()) if known.any() else 0.0


def _best_of_another_label(
    vectors: Vectors, codes: Codes, asked: int, index: Codes, most: int
) -> tuple[Vectors, Codes]:
    """Searches for each of the first ``asked`` pictures among the first of the index that carry another label.

    Returns:
        The best cosine, float32 ``[asked]``, and the number of pictures compared, int64 ``[asked]``, up to ``most``.
    """
    best, compared = np.zeros(asked, np.float32), np.zeros(asked, np.int64)
    at_once = max(NUMBERS_AT_ONCE // max(len(index), 1), 1)
    for start in range(0, asked, at_once):
        block = slice(start, min(start + at_once, asked))
        cosines = vectors[block] @ vectors[index].T
        apart = (codes[block, None] != codes[index]) & (cosines < TWINS)
        apart &= apart.cumsum(axis=1) <= most
        best[block] = np.where(apart, cosines, -1).max(axis=1, initial=-1)
        compared[block] = apart.sum(axis=1)
    return best, compared


def _parts(drawn: Values, searches: int) -> Iterator[Values]:
    """Some draws at a time."""
    at_once = max(NUMBERS_AT_ONCE // searches, 1)
    return (drawn[start : start + at_once] for start in range(0, len(drawn), at_once))


def _refused(codes: Codes, drawn: Values, rate: float) -> Codes:
    """The place of the best search that must not be answered, in each draw.

    Args:
        codes: int64 [q], the label of each search, the one with the highest cosine first.
        drawn: float64 [draws, l], how often each label was drawn.
        rate: Share of the searches' weight that may be answered.
    """
    answered = drawn[:, codes].cumsum(axis=1)
    first_over: Codes = (answered > rate * answered[:, -1:]).argmax(axis=1)
    return first_over
