"""What either encoder's own threshold lets through, among the queries of the test."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.retrieval import Interval, Resampling, means, paired_differences
from lookalike_components.retrieval.metrics import Values

COLUMN = "false_matches"
LOW, HIGH = f"{COLUMN}_low", f"{COLUMN}_high"


@dataclass(frozen=True, slots=True)
class FalseMatches:
    """Of the index pictures that show another thing than the query, the share that counts as a match.

    Attributes:
        before: Mean over the queries, with the reference at its threshold.
        after: The same with the candidate at its own.
        difference: Mean of the paired differences with its interval.
        least: The same with the reference's threshold at the low end of its interval, where more matches, and the
            candidate's at the high end of its own: where a threshold came out by luck says nothing of its encoder.
        supported: Whether validation pictures enough, of labels enough, set both thresholds.
    """

    before: float
    after: float
    difference: Interval
    least: Interval
    supported: bool


def compare_false_matches(
    reference: Evaluation, candidate: Evaluation, labels: Sequence[str], resampling: Resampling
) -> FalseMatches | None:
    """Compares them query by query; None where an encoder has no threshold, or was evaluated before there were any."""
    before, after = (_shares(side.queries, COLUMN) for side in (reference, candidate))
    if before is None or after is None:
        return None
    most, fewest = _shares(reference.queries, LOW) or before, _shares(candidate.queries, HIGH) or after
    difference, least = (
        paired_differences(*sides, labels, resampling)[COLUMN] for sides in ((before, after), (most, fewest))
    )
    supported = all((side.facts.get("threshold") or {}).get("supported", True) for side in (reference, candidate))
    return FalseMatches(means(before)[COLUMN], means(after)[COLUMN], difference, least, supported)


def _shares(queries: pd.DataFrame, column: str) -> dict[str, Values] | None:
    """One column under the name of all; None where it is missing or not known of every query."""
    if column not in queries or queries[column].isna().any():
        return None
    return {COLUMN: queries[column].to_numpy(dtype=float)}
