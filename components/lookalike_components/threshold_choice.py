"""For what a threshold is set: settings that *evaluate*, *export* and the pipeline share."""

from pydantic import Field

from lookalike_components.step_config import StepConfig


class ThresholdChoice(StepConfig):
    """How seldom a search may be answered wrongly, and in how large an index."""

    false_match_rate: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="Share of searches for a thing that is not in the index which may still be answered by a match; "
        "it sets the threshold, in the report and in the release",
    )
    index_size: int = Field(
        0, ge=0, description="Pictures of the index that the threshold is for; 0 for as many as the source has"
    )
