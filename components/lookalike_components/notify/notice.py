"""How a run ended, in the words that webhooks understand."""

import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from lookalike_components.notify.config import NotifyConfig
from lookalike_components.progress import last_failure, this_run

# KFP's own names for a good end, and those of its older backend, which passes on what its metadata store says.
STATES = {
    "SUCCEEDED": "succeeded",
    "COMPLETE": "succeeded",
    "CACHED": "succeeded",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
}
LONGEST_MESSAGE = 2_000
# What has a meaning in a message to Slack.
ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        run: Name of the run.
        run_id: What tells it from others of that name.
        state: ``succeeded``, ``failed``, ``cancelled``, or KFP's own word for something else.
        message: Why, if it did not succeed and that is known.
    """

    run: str
    run_id: str
    state: str
    message: str

    @classmethod
    def of(cls, state: str, message: str | None, config: NotifyConfig) -> Self:
        """Reads KFP's status; where a local run follows its steps, the sentence of the failed step says more."""
        ended = STATES.get(state.upper(), state.lower())
        why = "" if ended == "succeeded" else last_failure() or message or ""
        return cls(this_run() or config.run or "a run", config.run_id, ended, why[:LONGEST_MESSAGE])


class Notice(NamedTuple):
    """What is posted, and as which media type."""

    media_type: str
    body: dict[str, Any]


def slack_message(ending: Ending) -> Notice:
    """A message in the shape of Slack's incoming webhooks, which Mattermost and Google Chat read too."""
    known_as = f"{ending.run} ({ending.run_id})" if ending.run_id else ending.run
    text = f"lookalike: {known_as} {ending.state}" + (f": {ending.message}" if ending.message else "")
    return Notice("application/json", {"text": text.translate(ESCAPED)})


def cloud_event(ending: Ending) -> Notice:
    """A CloudEvent 1.0 in structured mode; a repeated post has the same id, so that a receiver can drop it."""
    event = {
        "specversion": "1.0",
        "id": f"{ending.run_id or uuid.uuid4()}/{ending.state}",
        "source": "lookalike",
        "type": f"lookalike.run.{ending.state}",
        "subject": ending.run,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": asdict(ending),
    }
    return Notice("application/cloudevents+json", event)
