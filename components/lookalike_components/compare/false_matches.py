"""What either encoder's own threshold lets through, among the queries of the test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.retrieval import Interval, Resampling, resampled_means

Values = NDArray[np.float64]

COLUMN = "false_matches"
SIDES = ("reference", "candidate")


@dataclass(frozen=True, slots=True)
class FalseMatches:
    """Of the index pictures that show another thing than the query, the share that counts as a match.

    Attributes:
        before: Mean over the queries, with the reference at its threshold.
        after: The same with the candidate at its own.
        growth: How many times as many after as before, with its interval: both the labels of the test and those that
            set the thresholds might have been others.
    """

    before: float
    after: float
    growth: Interval


def compare_false_matches(
    reference: Evaluation, candidate: Evaluation, labels: Sequence[str], resampling: Resampling
) -> FalseMatches | str:
    """Compares them query by query; where that cannot be done, the sentence says why.

    Each draw of the interval changes the logarithm of the growth twice: once as a random half of the test's labels
    changes it, with the thresholds as they are (see `lookalike_components.retrieval.bootstrap`), and once as another
    choice of validation labels does, with the test as it is. The two are added since the two kinds of labels were
    drawn independently of each other. Either choice is the same for both encoders, so that what they share cancels.
    Half a pair is added to each share, as is usual for a logarithm of counts that may be 0 (Haldane 1956, "The
    estimation and significance of the logarithm of a ratio of frequencies", Annals of Human Genetics 20).

    Args:
        reference: The evaluation of the encoder to beat.
        candidate: That of the new one, of the same queries.
        labels: ``[q]``, the label of each query.
        resampling: Confidence, draws and seed.
    """
    sides = dict(zip(SIDES, (reference, candidate), strict=True))
    for name, side in sides.items():
        if obstacle := _obstacle(name, side):
            return obstacle
    columns = np.stack([side.queries[COLUMN].to_numpy(float) for side in sides.values()], axis=1)
    half_a_pair = 0.5 / (len(labels) * max(len(candidate.index), 1))
    growth = _growth(columns.mean(axis=0), half_a_pair)
    by_test = _growth(resampled_means(columns, labels, resampling), half_a_pair)
    by_thresholds = _growth(_redrawn(sides, resampling), half_a_pair)
    tail = (1 - resampling.confidence) / 2
    drawn = by_test + by_thresholds - growth
    low, high = np.exp(np.quantile(drawn, [tail, 1 - tail], method="weibull"))
    before, after = (float(mean) for mean in columns.mean(axis=0))
    return FalseMatches(before, after, Interval(float(np.exp(growth)), float(low), float(high)))


def _obstacle(name: str, side: Evaluation) -> str:
    """Why the false matches of an encoder cannot be compared; empty where they can."""
    threshold = side.facts.get("threshold")
    if COLUMN not in side.queries or side.queries[COLUMN].isna().all():
        return f"the {name} has no calibrated threshold"
    if unknown := int(side.queries[COLUMN].isna().sum()):
        return f"for {unknown:,} of {len(side.queries):,} queries the index holds no picture of another thing"
    if threshold and threshold.get("recall") == 0:
        return f"the threshold of the {name} answers nothing: no validation pair of one thing reaches it"
    if threshold and not threshold.get("supported", True):
        return f"the validation pictures or their labels are too few to set the threshold of the {name}"
    if side.thresholds is None:
        return f"the evaluation of the {name} is of an earlier version and does not tell how sure its threshold is"
    return ""


def _growth(shares: Values, half_a_pair: float) -> Values:
    """The logarithm of after by before, of shares float64 ``[..., 2]``."""
    logarithms = np.log(shares + half_a_pair)
    growth: Values = logarithms[..., 1] - logarithms[..., 0]
    return growth


def _redrawn(sides: dict[str, Evaluation], resampling: Resampling) -> Values:
    """The mean shares for random choices of the validation labels, the same for both: float64 ``[resamples, 2]``."""
    means = [side.thresholds[COLUMN].to_numpy(float) for side in sides.values() if side.thresholds is not None]
    draws = min(map(len, means))
    chosen = np.random.default_rng([resampling.seed, 1]).integers(draws, size=resampling.resamples)
    return np.stack([mean[chosen] for mean in means], axis=1)
