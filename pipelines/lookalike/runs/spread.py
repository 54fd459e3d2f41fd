"""How far the gain of a run varies with the chance of its training."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import Any, Self

from lookalike.runs import Run
from lookalike_components.errors import UserError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to, in the metric that decides.

    Attributes:
        run: Its name.
        before: Mean of the encoder to beat.
        after: Mean of the new one.
        gain: Mean of the paired difference.
        low: Lower end of its interval, over labels.
        high: Upper end.
        promoted: Whether the gate let it pass.
        report: Path of its report.
    """

    run: str
    before: float
    after: float
    gain: float
    low: float
    high: float
    promoted: bool
    report: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """Reads what a finished run wrote."""
        verdict, metrics = run.verdict(), run.metrics()
        metric = verdict["metric"]
        before, after, difference = (metrics[part][metric] for part in ("before", "after", "difference"))
        found = {"gain": difference["mean"], "low": difference["low"], "high": difference["high"]}
        return cls(run.name, before, after, **found, promoted=verdict["promoted"], report=str(run.report))


@dataclass(frozen=True, slots=True)
class Spread:
    """A run and its repetitions, side by side.

    Attributes:
        metric: The metric that decides.
        confidence: Of each interval, between 0 and 1.
        outcomes: One for each run, the first one's own first.
    """

    metric: str
    confidence: float
    outcomes: list[Outcome]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Self:
        """Puts finished runs of the same settings side by side.

        Args:
            runs: A run and its repetitions, two or more.

        Raises:
            UserError: One of them has not finished, or there is one alone.
        """
        if len(runs) == 1:
            raise UserError(f"{runs[0].name} was not repeated; --seeds 5 --resume does that, four times")
        confidence = float(runs[0].record().config["compare"]["confidence"])
        return cls(runs[0].verdict()["metric"], confidence, [Outcome.of(run) for run in runs])

    @property
    def mean(self) -> float:
        """Mean gain."""
        return mean(outcome.gain for outcome in self.outcomes)

    @property
    def deviation(self) -> float:
        """Standard deviation of the gain over the trainings (of a sample: n - 1)."""
        return stdev(outcome.gain for outcome in self.outcomes)

    def facts(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "metric": self.metric,
            "confidence": self.confidence,
            "runs": [asdict(outcome) for outcome in self.outcomes],
            "gain": {"mean": self.mean, "standard_deviation": self.deviation},
        }
