"""Settings of step `compare`."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig

Metric = Literal[
    "precision_at_k",
    "recall_at_k",
    "f1_score_at_k",
    "hit_at_k",
    "average_precision",
    "reciprocal_rank",
    "dcg_at_k",
    "recall_at_1",
    "map_at_r",
    "r_precision",
    "ndcg_at_k",
    "ns_score",
]


class CompareConfig(StepConfig):
    """What the new encoder has to show before it is promoted."""

    metric: Metric = Field("map_at_r", description="The metric that decides.")
    minimum_effect: float = Field(0.0, ge=0, description="Smallest gain that is worth a new release.")
    confidence: float = Field(0.95, gt=0, lt=1, description="How sure the gain has to be; its interval lies above 0.")
    slices: bool = Field(True, description="Whether a slice of the queries that got surely worse stops a promotion.")
    fewest_queries: int = Field(30, ge=2, description="Slices of fewer queries are not looked at.")
    resamples: int = Field(2000, ge=100, description="Random halves of the labels behind each interval.")
    seed: int = Field(0, ge=0, description="Fixes the halves.")
