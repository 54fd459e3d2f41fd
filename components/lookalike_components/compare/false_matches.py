"""What either encoder's own threshold lets through, among the queries of the test."""

from collections.abc import Sequence
from dataclasses import dataclass

from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.retrieval import Interval, Resampling, means, paired_differences

COLUMN = "false_matches"


@dataclass(frozen=True, slots=True)
class FalseMatches:
    """Of the index pictures that show another thing than the query, the share that counts as a match.

    Attributes:
        before: Mean over the queries, with the reference at its threshold.
        after: The same with the candidate at its own.
        difference: Mean of the paired differences with its interval.
        supported: Whether there were enough validation pictures to set both thresholds for so few false matches.
    """

    before: float
    after: float
    difference: Interval
    supported: bool


def compare_false_matches(
    reference: Evaluation, candidate: Evaluation, labels: Sequence[str], resampling: Resampling
) -> FalseMatches | None:
    """Compares them query by query; None where an encoder has no threshold, or was evaluated before there were any."""
    sides = [side.queries for side in (reference, candidate)]
    if any(COLUMN not in queries or queries[COLUMN].isna().any() for queries in sides):
        return None
    before, after = ({COLUMN: queries[COLUMN].to_numpy(dtype=float)} for queries in sides)
    difference = paired_differences(before, after, labels, resampling)[COLUMN]
    supported = all((side.facts.get("threshold") or {}).get("supported", True) for side in (reference, candidate))
    return FalseMatches(means(before)[COLUMN], means(after)[COLUMN], difference, supported)
