"""Settings of step `promote`."""

from pydantic import Field

from lookalike_components.step_config import StepConfig


class PromoteConfig(StepConfig):
    """Where a release goes, and in whose place."""

    challenge: bool = Field(False, description="whether the release becomes the champion of artifacts")
    artifacts: str = Field("", description="folder or gs://bucket/prefix that keeps the release")
    run: str = Field("", description="name of this run, for the champion's history")
    version: str = Field("", description="version of champion.json that is replaced; empty where there is none")
    storage_uri: str = Field("", description="where the cluster reads the release, if the release is put elsewhere")
