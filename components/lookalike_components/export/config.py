"""Settings of the step export."""

from pydantic import Field

from lookalike_components.step_config import StepConfig


class ExportConfig(StepConfig):
    """How the release is made."""

    champion: str = Field("", description="Digest of the release that this one was to beat, for its lineage.")
    false_match_rate: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="Share of searches for a thing that is not in the index which may still be answered by a match; "
        "it sets the threshold",
    )
    index_size: int = Field(
        0, ge=0, description="Pictures of the index that the threshold is for; 0 for as many as the table has"
    )
    batch_size: int = Field(64, ge=1, description="Images that are decoded and encoded at a time.")
