"""Settings of step `evaluate`."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig


class EvaluateConfig(StepConfig):
    """Which encoder is measured, and how deep its answers are looked at.

    The model's settings count only where no encoder is handed over: then the pretrained backbone is measured.
    """

    role: Literal["reference", "candidate"] = Field(
        "candidate", description="`reference` for the encoder to beat, `candidate` for the one that has to beat it."
    )
    model: str = Field("resnet50", description="Name of the pretrained backbone to measure when no encoder is given.")
    weights: str = Field("", description="Path or URI of its weights; empty for the published ones.")
    input_size: int = Field(0, ge=0, description="Side of its input in pixels; 0 for the backbone's own.")
    resize: Literal["exact", "fast"] = Field("exact", description="How pictures are brought to that size.")
    k: int = Field(3, ge=1, description="Results for each query that the metrics at k look at.")
