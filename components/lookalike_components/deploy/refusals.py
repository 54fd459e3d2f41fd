"""What an API server's refusals mean, in one sentence each."""

import json
from typing import Any

from kubernetes.client import ApiException

from lookalike_components.errors import LookalikeError, UserError, listed


class StaleError(LookalikeError):
    """The object was changed by somebody else since it was read; reading it again helps."""


class UnreachableError(LookalikeError):
    """No answer from the API server."""


class UndeclaredError(UserError):
    """The API server does not know a field, which it would have to drop."""


def is_missing(error: ApiException, plural: str) -> bool:
    """Whether an object of a known kind is missing, and not the kind itself."""
    return error.status == 404 and _details(error).get("kind") == plural


def explained(error: ApiException, host: str) -> LookalikeError:
    """The sentence for a refusal, as an error that tells whose turn it is."""
    message = _status(error).get("message") or str(error.reason)
    if "field not declared in schema" in message:
        return UndeclaredError(f"{host} refuses it: {message}")
    if error.status in _SENTENCES:
        return _SENTENCES[error.status](error, message, host)
    if 400 <= error.status < 500 and error.status != 429:
        return UserError(f"{host} refuses it: {message}")
    return LookalikeError(f"{host} failed ({error.status}: {message}); try again")


def _unknown_identity(error: ApiException, message: str, host: str) -> LookalikeError:
    return UserError(
        f"{host} does not know who is asking (401: {message}); log in again, or let the pod run as a ServiceAccount"
    )


def _forbidden(error: ApiException, message: str, host: str) -> LookalikeError:
    if "forbidden: User" not in message:
        return UserError(f"{host} refuses it: {message}")
    return UserError(f"{message}; bind the Role of manifests/base to it")


def _missing(error: ApiException, message: str, host: str) -> LookalikeError:
    if _details(error).get("kind") == "namespaces":
        return UserError(f"{message}; create it first, or choose another namespace")
    if _status(error):
        return UserError(f"{host} refuses it: {message}")
    return UserError(f"{host} knows no InferenceService; install KServe on the cluster, or pass the right --context")


def _conflict(error: ApiException, message: str, host: str) -> LookalikeError:
    owned = [cause for cause in _details(error).get("causes", []) if cause.get("reason") == "FieldManagerConflict"]
    if not owned:
        return StaleError(f"it is being changed by somebody else: {message}; try again")
    fields = listed(f"{cause['field']} ({cause['message']})" for cause in owned)
    return UserError(f"others have changed what this would overwrite: {fields}; undo that, or pass force")


_SENTENCES = {401: _unknown_identity, 403: _forbidden, 404: _missing, 409: _conflict}


def _status(error: ApiException) -> dict[str, Any]:
    try:
        body = json.loads(error.body or "")
    except ValueError:  # a path that nothing serves is answered with a line of text
        return {}
    return body if isinstance(body, dict) else {}


def _details(error: ApiException) -> dict[str, Any]:
    return _status(error).get("details") or {}
