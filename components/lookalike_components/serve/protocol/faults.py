"""What goes wrong with a request, as both protocols tell it: a status and one sentence, without anything of its data.

What is the client's fault leaves no line in the log; what is ours leaves its traceback there, and nothing of it in the
answer.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from kserve.errors import InferenceError, InvalidInput, ModelNotFound, ModelNotReady, UnsupportedProtocol
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Send

from lookalike_components.errors import UserError
from lookalike_components.serve.observability.metrics import rejected
from lookalike_components.serve.refusals import Refused, TooLarge, TooManyConnections, TooSlow

KNOWN = (UserError, InvalidInput, ModelNotFound, ModelNotReady, UnsupportedProtocol, NotImplementedError)
"""What is told to the client in its own words."""

_JSON = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")
_LONGEST = 500
_OURS = "the server failed at this request; its log says why"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a client is told."""

    sentence: str
    """Cut where it is too long for the headers that gRPC writes it into."""
    status: int = 400
    """Over REST."""
    code: str = "INVALID_ARGUMENT"
    """Over gRPC, as `grpc.StatusCode` names it."""
    reason: str = "request"
    """In the metrics."""
    retry_after: int | None = None
    """Whole seconds after which the same request may do better."""

    def __post_init__(self) -> None:
        """Cuts the sentence."""
        if len(self.sentence) > _LONGEST:
            object.__setattr__(self, "sentence", f"{self.sentence[:_LONGEST]}...")

    @property
    def content(self) -> bytes:
        """The answer's body over REST."""
        return orjson.dumps({"error": self.sentence})


def fault_of(error: Exception) -> Fault:
    """What a client is told about an exception; one that is our own fault is logged."""
    match error:
        case Refused():
            return Fault(str(error), error.status, error.code, error.reason, getattr(error, "retry_after", None))
        case UserError() | InvalidInput():
            return Fault(str(error))
        case RequestValidationError():
            return Fault(explain(error.errors()))
        case ModelNotFound():
            return Fault(str(error), 404, "NOT_FOUND")
        case ModelNotReady():
            return Fault(str(error), 503, "UNAVAILABLE", retry_after=1)
        case UnsupportedProtocol() | NotImplementedError():
            return Fault("the server does not do what the request asks for", 501, "UNIMPLEMENTED")
    _log.error("a request failed", exc_info=error)
    return Fault(_OURS, 500, "INTERNAL", reason="")


def counted(fault: Fault) -> Fault:
    """Counts a refusal among the metrics."""
    if fault.reason:
        rejected(fault.reason)
    return fault


def explain(faults: Sequence[Mapping[str, Any]], declared: Collection[str] = ()) -> str:
    """One sentence for pydantic's first fault, without the data that it found.

    Args:
        faults: As pydantic tells them.
        declared: Names of fields; what else a fault's place consists of may be the client's own words.
    """
    place = ".".join(str(part) for part in faults[0]["loc"] if isinstance(part, int) or part in declared)
    message = faults[0]["msg"].removeprefix("Value error, ")
    return ": ".join(filter(None, ["the request is malformed", place, message]))


def declared_by(*models: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of models, for `explain`."""
    return frozenset(name for model in models for name in model.model_fields)


async def refuse(error: Exception, send: Send, more_body: bool = False) -> None:
    """Answers a request over REST with what went wrong.

    Args:
        error: What went wrong.
        send: Of the request.
        more_body: Whether the caller ends the answer, with nothing more in it.
    """
    fault = counted(fault_of(error))
    closing = [_CLOSE] if isinstance(error, TooLarge | TooManyConnections | TooSlow) else []
    retry = [(b"retry-after", str(fault.retry_after).encode())] if fault.retry_after else []
    await answer(send, fault.status, fault.content, [_JSON, *retry, *closing], more_body)


async def answer(
    send: Send, status: int, content: bytes, headers: list[tuple[bytes, bytes]], more_body: bool = False
) -> None:
    """Sends one answer over REST."""
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": content, "more_body": more_body})


def tell_in_sentences(app: FastAPI) -> None:
    """Has KServe's application tell what went wrong as everything else here does.

    FastAPI's 422 would repeat all of the request, and KServe's 500 the text of the exception.
    """
    for fault in (*KNOWN, RequestValidationError, InferenceError, Exception):
        app.add_exception_handler(fault, _told)
    app.add_exception_handler(HTTPException, _no_such_route)


async def _told(_: Request, error: Exception) -> Response:
    fault = counted(fault_of(error))
    headers = {"retry-after": str(fault.retry_after)} if fault.retry_after else None
    return Response(fault.content, fault.status, headers, "application/json")


async def _no_such_route(request: Request, error: Exception) -> Response:
    error = cast("HTTPException", error)
    fault = Fault(f"there is nothing under {request.method} {request.url.path[:200]}", error.status_code)
    return Response(counted(fault).content, fault.status, error.headers, "application/json")
