"""Two evaluations side by side: means, and the paired difference of each metric with its interval."""

from dataclasses import asdict, dataclass
from typing import Any

from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.retrieval import Interval, Resampling, paired_differences


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
    """

    k: int
    queries: int
    labels: int
    before: dict[str, float]
    after: dict[str, float]
    difference: dict[str, Interval]
    by_views: bool = False

    def as_json(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        difference = {name: asdict(interval) for name, interval in self.difference.items()}
        return {
            "k": self.k,
            "queries": self.queries,
            "before": self.before,
            "after": self.after,
            "difference": difference,
        }


def paired(reference: Evaluation, candidate: Evaluation, config: CompareConfig) -> Comparison:
    """Compares query by query; the intervals come from resampling whole labels.

    Raises:
        UserError: All queries carry one label.
    """
    labels = candidate.queries["label"].tolist()
    resampling = Resampling(config.confidence, config.resamples, config.seed)
    return Comparison(
        k=candidate.k,
        queries=len(labels),
        labels=len(set(labels)),
        before=reference.means,
        after=candidate.means,
        difference=paired_differences(reference.values, candidate.values, labels, resampling),
        by_views=bool(candidate.facts.get("by_views")),
    )
