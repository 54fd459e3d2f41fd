"""Settings of step `notify`. The webhook's address is none of them: whoever has it may post, so it is a secret."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig

WEBHOOK = "LOOKALIKE_WEBHOOK"
"""The environment variable with the webhook's address; on a cluster it comes from a Secret."""


class NotifyConfig(StepConfig):
    """Who is told how a run ended, and in what words."""

    run: str = Field("", description="Name of the run.")
    run_id: str = Field("", description="What tells this run from others of the same name.")
    when: Literal["failure", "always", "never"] = Field("failure", description="Which ends are told.")
    payload: Literal["slack", "cloudevents"] = Field("slack", description="What the webhook understands.")
