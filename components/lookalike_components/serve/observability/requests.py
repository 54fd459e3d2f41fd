"""Every request has an id, is counted and timed, is traced where traces are on, and has a log line at level ``info``.

What Kubernetes and Prometheus ask all day (health, readiness, metrics) has an id and nothing else.
"""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]
from grpc import aio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike_components.serve.observability import logs, metrics, traces
from lookalike_components.serve.observability.logs import RequestIds

MODELS = ("encoder", "search")
GONE = "gone"

_PROBES = re.compile(r"/metrics|/v2/health/.*|/v[12]/models/[^/:]+(/ready)?")
_INFERENCE = re.compile(
    rf"/(?P<protocol>v1|v2)/models/(?P<model>{'|'.join(MODELS)})(/versions/[^/]+)?(:predict|/infer)"
)
_CALL = "ModelInfer"


@dataclass(slots=True)
class Outcome:
    """How a request ended."""

    status: str = GONE


def observed(app: ASGIApp) -> ASGIApp:
    """``app`` with an id, a count, a trace and a log line for each of its requests; to be the outermost layer."""
    return RequestIds(ObservedRequests(app))


class ObservedRequests:
    """Pure ASGI middleware that counts, traces and logs requests over REST."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or _PROBES.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        with _observed_request(scope) as outcome:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    outcome.status = str(message["status"])
                await send(message)

            await self.app(scope, receive, noting)


class ObservedCalls(aio.ServerInterceptor):
    """gRPC interceptor that gives calls an id (metadata ``x-request-id``), counts, traces and logs them."""

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Puts itself around the method that is called."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.response_streaming:
            return handler
        details = handler_call_details
        return _handler_like(handler, lambda answer: _answering(answer, details.method, details.invocation_metadata))


def _handler_like(handler: Any, around: Callable[[Any], Any]) -> Any:
    streams = handler.request_streaming
    make = grpc.stream_unary_rpc_method_handler if streams else grpc.unary_unary_rpc_method_handler
    answer = handler.stream_unary if streams else handler.unary_unary
    return make(around(answer), handler.request_deserializer, handler.response_serializer)


def _answering(answer: Callable[..., Awaitable[Any]], method: str, metadata: Any) -> Callable[..., Awaitable[Any]]:
    headers = {name: value for name, value in metadata or () if isinstance(value, str)}

    async def answer_observed(request: Any, context: aio.ServicerContext) -> Any:
        chosen = logs.id_for(headers.get(logs.HEADER, ""))
        logs.request_id.set(chosen)  # every call has a context of its own
        context.set_trailing_metadata(((logs.HEADER, chosen),))
        if not method.endswith(_CALL):
            return await answer(request, context)
        with _observed_call(method, getattr(request, "model_name", ""), headers) as outcome:
            try:
                response = await answer(request, context)
            finally:
                outcome.status = _name(context.code(), outcome.status)
            outcome.status = "OK" if outcome.status == GONE else outcome.status
            return response

    return answer_observed


def _name(code: Any, otherwise: str) -> str:
    return next((status.name for status in grpc.StatusCode if code in (status, status.value[0])), otherwise)


@contextmanager
def _observed_request(scope: Scope) -> Iterator[Outcome]:
    method, path = scope["method"], scope["path"]
    found = _INFERENCE.fullmatch(path)
    model, protocol = (found["model"], found["protocol"]) if found else ("", "http")
    facts = {"http.request.method": method, "url.path": path[:200]}
    with _observed(f"{method} {path[:200]}", model, protocol, Headers(scope=scope), facts) as outcome:
        try:
            yield outcome
        except BaseException as error:
            # What is raised past here becomes a 500 further out, unless the client or the server left.
            outcome.status = "500" if isinstance(error, Exception) and outcome.status == GONE else outcome.status
            raise


@contextmanager
def _observed_call(method: str, model: str, headers: Mapping[str, str]) -> Iterator[Outcome]:
    model = model if model in MODELS else ""
    with _observed(method, model, "grpc", headers, {"rpc.system": "grpc", "rpc.method": _CALL}) as outcome:
        yield outcome


@contextmanager
def _observed(
    name: str, model: str, protocol: str, headers: Mapping[str, str], facts: Mapping[str, str]
) -> Iterator[Outcome]:
    outcome, started = Outcome(), time.perf_counter()
    span = traces.request_span(f"{model} {protocol}".strip(), headers, **facts)
    with metrics.in_flight(), span as traced:
        try:
            yield outcome
        finally:
            seconds = time.perf_counter() - started
            metrics.answered(model, protocol, outcome.status, seconds)
            _log(name, model, protocol, outcome.status, seconds)
            if traced is not None:
                traced.set_attributes(
                    {"lookalike.status": outcome.status, "lookalike.request_id": logs.request_id.get()}
                )


def _log(name: str, model: str, protocol: str, status: str, seconds: float) -> None:
    if logs.requests.isEnabledFor(logging.INFO):
        facts = {"model": model, "protocol": protocol, "status": status, "milliseconds": round(1000 * seconds, 3)}
        logs.requests.info("%s %s", name, status, extra=facts)
