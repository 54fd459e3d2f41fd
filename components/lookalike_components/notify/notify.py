"""Tells a webhook how a run ended."""

import os

from lookalike_components.notify.config import WEBHOOK, NotifyConfig
from lookalike_components.notify.notice import Ending, cloud_event, slack_message
from lookalike_components.notify.webhook import post
from lookalike_components.progress import Facts, say

PAYLOADS = {"slack": slack_message, "cloudevents": cloud_event}


def notify(state: str, message: str | None, config: NotifyConfig) -> tuple[str, Facts]:
    """Posts a notice to the webhook of ``LOOKALIKE_WEBHOOK``, where there is one and this end is to be told.

    Args:
        state: How KFP says that the tasks ended, such as ``FAILED``.
        message: What KFP knows of the failure, if anything.
        config: Which run it is, which ends are told, and what the webhook understands.

    Returns:
        Who was told, empty for nobody; and facts for people, of which there are none where nobody was to be told.

    Raises:
        UserError: The address is none, or the webhook refuses the notice.
        LookalikeError: The webhook could not be reached, or does not do its work.
    """
    ending = Ending.of(state, message, config)
    if config.when == "never" or (config.when == "failure" and ending.state == "succeeded"):
        return _nobody(f"notify.when is {config.when}")
    if not (address := os.environ.get(WEBHOOK, "").strip()):
        return _nobody(f"{WEBHOOK} is not set")
    post(address, PAYLOADS[config.payload](ending))
    return "the webhook", {"told": "the webhook"}


def _nobody(why: str) -> tuple[str, Facts]:
    say(f"nobody is told: {why}")
    return "", {}
