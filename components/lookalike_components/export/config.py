"""Settings of the step export."""

from pydantic import Field

from lookalike_components.threshold_choice import ThresholdChoice


class ExportConfig(ThresholdChoice):
    """How the release is made."""

    champion: str = Field("", description="Digest of the release that this one was to beat, for its lineage.")
    metric: str = Field("map_at_r", description="The metric by which ways to run the encoder are judged.")
    k: int = Field(3, ge=1, description="Results for each query that the metrics at k look at.")
    margin: float = Field(
        0.005, ge=0, description="How far a faster way to run the encoder may fall behind in the metric and be shipped."
    )
    exact_up_to: int = Field(
        50_000, ge=0, description="Pictures up to which the index compares with all of them; above, with the likeliest."
    )
    thumbnails: bool = Field(True, description="Whether the release holds a small picture of all that is in its index.")
    batch_size: int = Field(64, ge=1, description="Images that are decoded and encoded at a time.")
