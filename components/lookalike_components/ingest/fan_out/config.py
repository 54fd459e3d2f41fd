"""Settings of the tasks that take a part of a source."""

from pydantic import Field

from lookalike_components.ingest.config import IngestConfig


class PartConfig(IngestConfig):
    """Which part of a source is taken, and how *ingest* would take all of it."""

    partition: int = Field(ge=0, description="number of the part")
