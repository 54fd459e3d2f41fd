"""How long a client goes on asking a server that is busy, restarting or away."""

import random
from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, retry_if_exception, stop_before_delay

from lookalike.client.service.refusals import ServiceError

FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up. Every request may be sent twice: answers do not depend on it, and entries are known by id."""

    seconds: float = 60.0
    """From the first attempt; no attempt begins later."""
    silences: int = 4
    """Attempts at a server that does not answer at all, such as one that is not there."""

    def rules(self) -> dict[str, Any]:
        """What `tenacity.Retrying` and `tenacity.AsyncRetrying` take."""
        return {
            "retry": retry_if_exception(lambda error: isinstance(error, ServiceError) and error.is_passing),
            "wait": _wait,
            "stop": self._is_over,
            "reraise": True,
        }

    def _is_over(self, state: RetryCallState) -> bool:
        is_silent = _error(state).status == 0 and state.attempt_number >= self.silences
        return is_silent or bool(stop_before_delay(self.seconds)(state))


def _wait(state: RetryCallState) -> float:
    """Twice as long each time, never before the server wants it, and by chance apart from what others wait."""
    backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (state.attempt_number - 1))
    apart = random.uniform(0.5, 1.0)  # noqa: S311 (a spread of moments, no secret)
    return _error(state).retry_after + backoff * apart


def _error(state: RetryCallState) -> ServiceError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, ServiceError)  # noqa: S101 (nothing else is retried)
    return error
