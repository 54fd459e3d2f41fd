"""Settings of step `evaluate`."""

from typing import Literal

from pydantic import Field

from lookalike_components.encoder.choice import EncoderChoice


class EvaluateConfig(EncoderChoice):
    """Which encoder is measured, and how deep its answers are looked at.

    The choice of a backbone counts only where no encoder is given: then the pretrained backbone is measured.
    """

    encoder_uri: str = Field("", description="Folder or URI of the encoder to measure where none is handed over")
    role: Literal["reference", "candidate"] = Field(
        "candidate", description="`reference` for the encoder to beat, `candidate` for the one that has to beat it"
    )
    k: int = Field(3, ge=1, description="Results for each query that the metrics at k look at")
