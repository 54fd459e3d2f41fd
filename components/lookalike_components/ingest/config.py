"""Settings of the step `ingest`."""

from pydantic import Field

from lookalike_components.step_config import StepConfig


class IngestConfig(StepConfig):
    """Where images come from and where they go."""

    source: str = Field(min_length=1, description="folder, or CSV, JSON Lines or Parquet file that lists images")
    store: str = Field(min_length=1, description="folder or gs:// prefix that receives the shards")
    shard_megabytes: int = Field(default=128, ge=1, le=4096, description="size at which a shard is closed")
