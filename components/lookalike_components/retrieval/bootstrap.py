"""How sure a mean is: percentile intervals from a bootstrap that draws whole labels.

Queries of one label are photos of one thing and succeed or fail together; drawing queries one by one would take them
for independent evidence and make the interval too narrow. So labels are drawn, with all their queries (the cluster
bootstrap: Field and Welsh 2007, "Bootstrapping clustered data").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    resampled = _resampled_means(columns, labels, resampling)
    tail = (1 - resampling.confidence) / 2
    lows, highs = np.quantile(resampled, [tail, 1 - tail], axis=0)
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


def _resampled_means(columns: Values, labels: Sequence[str], resampling: Resampling) -> Values:
    """Means float64 [resamples, m] of columns float64 [q, m], each over labels drawn with replacement."""
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if len(names) < 2:
        raise UserError(
            f"an interval needs queries of 2 labels or more, got {len(names)}; put more labels into the test"
        )
    sizes = np.bincount(codes).astype(np.float64)
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, codes, columns)
    return np.concatenate([(drawn @ sums) / (drawn @ sizes)[:, None] for drawn in _draws(len(names), resampling)])


def _draws(labels: int, resampling: Resampling) -> Iterator[NDArray[np.float64]]:
    """How often each label was drawn: float64 [some resamples, labels], a bounded block at a time."""
    generator = np.random.default_rng(resampling.seed)
    block = max(NUMBERS_AT_ONCE // labels, 1)
    for start in range(0, resampling.resamples, block):
        rows = min(block, resampling.resamples - start)
        yield generator.multinomial(labels, np.full(labels, 1 / labels), size=rows).astype(np.float64)
