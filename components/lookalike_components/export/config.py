"""Settings of the step export."""

from pydantic import Field

from lookalike_components.threshold_choice import ThresholdChoice


class ExportConfig(ThresholdChoice):
    """How the release is made."""

    champion: str = Field("", description="Digest of the release that this one was to beat, for its lineage.")
    batch_size: int = Field(64, ge=1, description="Images that are decoded and encoded at a time.")
