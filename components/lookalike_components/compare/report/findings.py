"""What the report, its summary and the plots are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.provenance import Data
from lookalike_components.compare.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the report tells."""

    verdict: Verdict
    comparison: Comparison
    examples: pd.DataFrame
    reference: Evaluation
    candidate: Evaluation
    history: Sequence[dict[str, Any]]
    data: Data
    config: CompareConfig

    def fact(self, name: str) -> tuple[Any, Any] | None:
        """One entry of both evaluations, before and after; None where either has none, as in older folders."""
        before, after = (side.facts.get(name) for side in (self.reference, self.candidate))
        return (before, after) if before and after else None
