"""Settings of the step `ingest`."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig


class IngestConfig(StepConfig):
    """Where images come from and where they go."""

    source: str = Field(
        min_length=1,
        description="folder or gs:// prefix, archive (tar, zip), CSV, JSON Lines, Parquet or text file that lists "
        "images, or shards (shards-{000..012}.tar)",
    )
    store: str = Field(min_length=1, description="folder or gs:// prefix that receives the shards")
    shard_megabytes: int = Field(
        default=128, ge=1, le=4096, description="size in MiB at which a shard is closed; two are in memory at a time"
    )
    kind: Literal["auto", "folder", "archive", "spreadsheet", "webdataset"] = Field(
        default="auto", description="what the source is; auto goes by its name, and by what a folder holds"
    )
    most_megabytes: int = Field(default=100, ge=1, le=2047, description="size above which an image file is refused")
    private_addresses: bool = Field(
        default=False, description="whether images may be fetched from addresses that are not public"
    )
    downloads_at_once: int = Field(default=16, ge=1, le=256, description="downloads that are under way at a time")
    partition_images: int = Field(
        default=20_000,
        ge=0,
        description="number of new pictures above which parallel tasks of a cluster take this many each; 0 for never",
    )

    @property
    def most_bytes(self) -> int:
        """The size limit of one image file, in bytes."""
        return self.most_megabytes * 2**20
