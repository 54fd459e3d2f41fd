"""Settings of the step export."""

from pydantic import Field

from lookalike_components.step_config import StepConfig


class ExportConfig(StepConfig):
    """How the release is made."""

    champion: str = Field("", description="Digest of the release that this one was to beat, for its lineage.")
    false_match_rate: float = Field(
        1e-3, ge=0, lt=1, description="Share of pairs of different things that may pass as the same thing."
    )
    batch_size: int = Field(64, ge=1, description="Images that are decoded and encoded at a time.")
