"""Differences of trainings from the same training with the recipe as it is, query by query."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.ablation.training import METRICS as METRICS
from lookalike.ablation.training import Measured
from lookalike_components import retrieval

Place = tuple[int, int]
"""Fold and seed of a training."""

Values = dict[str, NDArray[np.float64]]


def differences(before: Mapping[Place, Measured], after: Mapping[Place, Measured]) -> dict[str, retrieval.Interval]:
    """The mean difference ``after - before`` of each metric with its 95 % interval, over all places that both have.

    Queries are paired: the same picture among the same others. The bootstrap draws labels, with their queries of all
    seeds; see `lookalike_components.retrieval.bootstrap`.

    Raises:
        UserError: Fewer than two labels.
    """
    places = sorted(before.keys() & after.keys())
    labels = [label for place in places for label in before[place].labels]
    return retrieval.paired_differences(_joined(before, places), _joined(after, places), labels)


def means(measured: Mapping[Place, Measured]) -> dict[str, float]:
    """The mean of each metric over all queries."""
    return retrieval.means(_joined(measured, sorted(measured)))


def seconds_a_step(measured: Mapping[Place, Measured]) -> float:
    """Seconds of a step, the median of the trainings: another program's hour does not count."""
    rates = [one.seconds / (one.steps + one.left) for one in measured.values() if one.steps]
    return float(np.median(rates)) if rates else 0.0


def _joined(measured: Mapping[Place, Measured], places: Sequence[Place]) -> Values:
    return {name: np.concatenate([measured[place].values[name] for place in places]) for name in METRICS}
