"""Settings of step `evaluate`."""

from typing import Literal

from pydantic import Field

from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.threshold_choice import ThresholdChoice


class EvaluateConfig(EncoderChoice, ThresholdChoice):
    """Which encoder is measured, and how deep its answers are looked at.

    The choice of a backbone counts only where no encoder is given: then the pretrained backbone is measured.
    """

    encoder_uri: str = Field("", description="Folder or URI of the encoder to measure where none is handed over")
    role: Literal["reference", "candidate"] = Field(
        "candidate", description="`reference` for the encoder to beat, `candidate` for the one that has to beat it"
    )
    k: int = Field(3, ge=1, description="Results for each query that the metrics at k look at")
    robustness_queries: int = Field(
        100, ge=0, description="Queries that are asked again blurred, cropped, darkened and so on; 0 for none"
    )
    forgetting: bool = Field(
        True, description="Whether the encoder is also measured on a small set of everyday things drawn by artists"
    )
