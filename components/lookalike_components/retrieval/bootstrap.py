"""How sure a mean is: intervals from means over random halves of the labels.

Queries of one label are photos of one thing and succeed or fail together; drawing queries one by one would take them
for independent evidence and make the interval too narrow. So labels are drawn, with all their queries (the cluster
bootstrap: Field and Welsh 2007, "Bootstrapping clustered data").

The usual bootstrap draws as many labels as there are, with replacement. Its intervals are too narrow for few labels:
with 10, noise lies above 0 twice as often as stated. Where each label is drawn once or not at all, by the toss of a
coin, the means are "typical values": from 6 labels on (at 95 %), if labels deviate from the mean to either side alike,
the stated share of intervals holds it, however unlike the labels' sizes (Hartigan 1969, "Using subsample values as
typical values", Journal of the American Statistical Association 64). The interval holds just what a test that tosses
the signs of the labels' deviations does not reject. `benchmarks/gate.py` measures both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import UserError
from lookalike_components.retrieval.metrics import Values, means

NUMBERS_AT_ONCE = 2**22


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the range in which it would lie for most other choices of labels."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: share of resampled means inside, number of resamples, seed."""

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0


def intervals(
    values: Mapping[str, Values], labels: Sequence[str], resampling: Resampling = Resampling()
) -> dict[str, Interval]:
    """Gives the interval of each metric's mean; all metrics see the same draws.

    Args:
        values: float64 [q] by metric.
        labels: [q], the label of each query.
        resampling: Confidence, resamples and seed.

    Raises:
        UserError: Fewer than two labels: nothing is known then about other labels.
    """
    columns = np.stack(list(values.values()), axis=1)
    resampled = resampled_means(columns, labels, resampling)
    tail = (1 - resampling.confidence) / 2
    # Typical values cut the line into pieces that hold the mean with the same probability: the method counts pieces.
    lows, highs = np.quantile(resampled, [tail, 1 - tail], axis=0, method="weibull")
    bounds = zip(means(values).items(), lows, highs, strict=True)
    return {name: Interval(mean, float(low), float(high)) for (name, mean), low, high in bounds}


def paired_differences(
    before: Mapping[str, Values],
    after: Mapping[str, Values],
    labels: Sequence[str],
    resampling: Resampling = Resampling(),
) -> dict[str, Interval]:
    """Gives the interval of the mean difference ``after - before`` over the same queries, for metrics that both have.

    Args:
        before: float64 [q] by metric.
        after: float64 [q] by metric, the same queries in the same order.
        labels: [q], the label of each query.
        resampling: Confidence, resamples and seed.

    Raises:
        UserError: Fewer than two labels.
    """
    return intervals({name: after[name] - before[name] for name in before if name in after}, labels, resampling)


def probability_of_a_loss(differences: Values, labels: Sequence[str], resampling: Resampling = Resampling()) -> float:
    """How probable a mean as low or lower is where before and after differ by chance alone.

    By chance alone a label would gain as often as it loses. So each label's sum of differences keeps or changes its
    sign at random, and the share of draws whose total is no larger than the one that was found is counted (the wild
    cluster bootstrap with the null imposed: Cameron, Gelbach and Miller, Bootstrap-based improvements for inference
    with clustered errors, Review of Economics and Statistics 90, 2008). The share of random halves whose mean is 0 or
    more, the empty one counted, is the same. It holds for few labels too: two labels that both lost could have done so
    by chance one time in four.

    Args:
        differences: float64 [q], after - before.
        labels: [q], the label of each query.
        resampling: Resamples and seed.

    Returns:
        The p-value of a one-sided test, from ``1 / (resamples + 1)`` to 1; what was found counts as one of the draws.

    Raises:
        UserError: Fewer than two labels.
    """
    sums = _of_labels(differences[:, None], labels)[0][:, 0]
    generator = np.random.default_rng(resampling.seed)
    drawn = (generator.choice([-1.0, 1.0], size=shape) @ sums for shape in _blocks(len(sums), resampling.resamples))
    slack = 1e-9 * np.abs(sums).sum()  # totals that are equal but for the order of their sums
    as_low = sum(int((totals <= sums.sum() + slack).sum()) for totals in drawn)
    return (1 + as_low) / (1 + resampling.resamples)


def labels_needed(confidence: float) -> int:
    """Fewest labels with which one can be so sure.

    Without any difference, all of n labels go up by chance with probability ``2 ** -n``; the gate may err that way with
    probability ``(1 - confidence) / 2``. No method without further assumptions does with fewer labels.
    """
    return ceil(log2(2 / (1 - confidence)))


def draws(labels: int, resampling: Resampling) -> Iterator[NDArray[np.float64]]:
    """How often each label was drawn: float64 [some resamples, labels], a bounded block at a time."""
    generator = np.random.default_rng(resampling.seed)
    for shape in _blocks(labels, resampling.resamples):
        yield generator.multinomial(labels, np.full(labels, 1 / labels), size=shape[0]).astype(np.float64)


def resampled_means(columns: Values, labels: Sequence[str], resampling: Resampling) -> Values:
    """Means float64 [resamples, m] of columns float64 [q, m], each over the labels that a coin chose.

    Raises:
        UserError: Fewer than two labels.
    """
    sums, sizes = _of_labels(columns, labels)
    return np.concatenate([(half @ sums) / (half @ sizes)[:, None] for half in _halves(len(sizes), resampling)])


def _halves(labels: int, resampling: Resampling) -> Iterator[NDArray[np.float64]]:
    """Which labels a coin chose, 1 or 0 each and at least one: float64 [some resamples, labels], a block at a time."""
    generator = np.random.default_rng(resampling.seed)
    for shape in _blocks(labels, resampling.resamples):
        chosen = generator.integers(2, size=shape)
        while (empty := ~chosen.any(axis=1)).any():
            chosen[empty] = generator.integers(2, size=(empty.sum(), labels))
        yield chosen.astype(np.float64)


def _of_labels(columns: Values, labels: Sequence[str]) -> tuple[Values, Values]:
    """Sums float64 [l, m] of the columns float64 [q, m] over each label's queries, and how many those are, [l]."""
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if len(names) < 2:
        raise UserError(
            f"an interval needs queries of 2 labels or more, got {len(names)}; put more labels into the test"
        )
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, codes, columns)
    return sums, np.bincount(codes).astype(np.float64)


def _blocks(labels: int, resamples: int) -> Iterator[tuple[int, int]]:
    """Shapes [some resamples, labels] of bounded blocks, all resamples together."""
    block = max(NUMBERS_AT_ONCE // labels, 1)
    for start in range(0, resamples, block):
        yield min(block, resamples - start), labels
