"""What the API of Kubeflow Pipelines answers when it does not do as asked, in one sentence."""

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kfp_server_api.exceptions import ApiException
from urllib3.exceptions import HTTPError

from lookalike_components.errors import LookalikeError, UserError

PASSING = {0, 408, 429, 500, 502, 503, 504}


@contextmanager
def explained(place: str, what: str, token: str) -> Iterator[None]:
    """Turns a refusal of the API into a sentence.

    Args:
        place: Where the API was asked.
        what: What was asked for, such as ``list runs``.
        token: The token that was shown; never repeated, only whom it names.

    Raises:
        UserError: The API refuses what was asked, or does not know who asks.
        LookalikeError: It cannot be reached, or has a fault of its own.
    """
    try:
        yield
    except ApiException as error:
        raise _sentence(place, what, token, error) from error
    except HTTPError as error:
        raise LookalikeError(f"no answer from Kubeflow at {place}: {_reason(error)}; is this its address?") from error


def is_passing(error: BaseException) -> bool:
    """Whether the same question may be answered in a moment."""
    return isinstance(error, HTTPError) or (isinstance(error, ApiException) and error.status in PASSING)


def _sentence(place: str, what: str, token: str, error: ApiException) -> LookalikeError:
    told = message(error)
    match error.status:
        case 401:
            return UserError(f"Kubeflow at {place} does not know who asks (401); pass a valid token with --token-file")
        case 403:
            return UserError(
                f"{_identity(token)} may not {what} at {place}: {told}; ask for that right in the namespace"
            )
        case 404:
            return UserError(f"Kubeflow at {place} cannot {what}: {told}")
        case status if status in PASSING:
            return LookalikeError(f"Kubeflow at {place} could not {what} ({status}): {told}; try again later")
    return UserError(f"Kubeflow at {place} refuses to {what}: {told}")


def message(error: ApiException) -> str:
    """The API's own words, on one line."""
    try:
        body: Any = json.loads(error.body or "")
    except ValueError:
        body = None
    told = (body.get("message") or body.get("error_message") or body.get("error")) if isinstance(body, dict) else None
    return " ".join(str(told or error.reason or "no reason given").split()).rstrip(".")


def _identity(token: str) -> str:
    """Whom a token names: a JSON Web Token says so in the clear, in its second part."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(claims["email"] if "email" in claims else claims["sub"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return "the identity of this token" if token else "an identity without a token"


def _reason(error: HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return " ".join(str(reason).rpartition(": ")[2].split())
