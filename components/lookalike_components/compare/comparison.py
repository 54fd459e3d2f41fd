"""Two evaluations side by side: means, paired differences with their intervals, queries won and lost, slices."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.false_matches import FalseMatches, compare_false_matches
from lookalike_components.errors import UserError
from lookalike_components.retrieval import (
    Interval,
    Resampling,
    Slice,
    macro_means,
    paired_differences,
    slice_differences,
)

DECIMALS = 9
"""Differences that are smaller come from the order in which numbers were added."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Before and after over the same queries.

    Attributes:
        k: The rank at which the metrics at k are cut off.
        queries: Number of queries.
        labels: Number of labels among them.
        before: Mean of each metric under the reference.
        after: Mean of each metric under the candidate.
        difference: Mean of the paired differences with its interval.
        by_views: Whether the pictures have no labels, and each was asked for by a view of it.
        macro: ``before`` and ``after`` once more, as means over the labels' means: every label counts the same.
        wins: Queries that the candidate answers better, by the metric that decides.
        ties: Queries that both answer equally well.
        losses: Queries that the candidate answers worse.
        slices: The difference in the metric that decides, within each slice that is large enough.
        false_matches: What either encoder's own threshold lets through; a sentence where that cannot be compared.
    """

    k: int
    queries: int
    labels: int
    before: dict[str, float]
    after: dict[str, float]
    difference: dict[str, Interval]
    by_views: bool = False
    macro: dict[str, dict[str, float]] = field(default_factory=dict)
    wins: int = 0
    ties: int = 0
    losses: int = 0
    slices: list[Slice] = field(default_factory=list)
    false_matches: FalseMatches | str = "there is no calibrated threshold for both encoders"

    def as_json(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        return asdict(self)


def paired(reference: Evaluation, candidate: Evaluation, config: CompareConfig) -> Comparison:
    """Compares query by query; the intervals come from drawing whole labels.

    Raises:
        UserError: All queries carry one label, or the metric that decides was not measured (the N-S score needs four
            images of every label).
    """
    before, after = reference.values, candidate.values
    if config.metric not in before or config.metric not in after:
        measured = ", ".join(name for name in before if name in after)
        raise UserError(f"{config.metric} was not measured on these labels; decide by one of {measured}")
    labels = candidate.queries["label"].tolist()
    resampling = resampling_of(config)
    signs = np.sign(np.round(after[config.metric] - before[config.metric], DECIMALS))
    return Comparison(
        k=candidate.k,
        queries=len(labels),
        labels=len(set(labels)),
        before=reference.means,
        after=candidate.means,
        difference=paired_differences(before, after, labels, resampling),
        by_views=bool(candidate.facts.get("by_views")),
        macro={"before": macro_means(before, labels), "after": macro_means(after, labels)},
        wins=int((signs > 0).sum()),
        ties=int((signs == 0).sum()),
        losses=int((signs < 0).sum()),
        slices=_slices(reference, candidate, labels, config),
        false_matches=compare_false_matches(reference, candidate, labels, resampling),
    )


def resampling_of(config: CompareConfig) -> Resampling:
    """How the intervals are made."""
    return Resampling(config.confidence, config.resamples, config.seed)


def _slices(reference: Evaluation, candidate: Evaluation, labels: Sequence[str], config: CompareConfig) -> list[Slice]:
    """The difference of the metric that decides, slice by slice; nothing where nobody asks for it."""
    if not config.slices:
        return []
    before, after = (side.values[config.metric] for side in (reference, candidate))
    return slice_differences(before, after, labels, candidate.slices, resampling_of(config), config.fewest_queries)
