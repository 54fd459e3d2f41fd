"""OpenTelemetry traces, where the environment asks for them; free where it does not.

The variables are OpenTelemetry's own: ``OTEL_EXPORTER_OTLP_ENDPOINT`` or ``OTEL_TRACES_EXPORTER`` turns traces on, and
the SDK reads the others (``OTEL_SERVICE_NAME``, ``OTEL_TRACES_SAMPLER``, ``OTEL_EXPORTER_OTLP_HEADERS``, ...).
"""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lookalike_components.errors import UserError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

Given = ParamSpec("Given")
Made = TypeVar("Made")
Fact = str | int | float | bool

EXPORTER = "OTEL_TRACES_EXPORTER"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_NOTHING = nullcontext()

_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


def wanted() -> bool:
    """Whether the environment asks for traces."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get(EXPORTER) == "none":
        return False
    return any(os.environ.get(name) for name in (*_ENDPOINTS, EXPORTER))


def set_up() -> None:
    """Starts to export traces where the environment asks for them; otherwise does nothing and imports nothing.

    Raises:
        UserError: The packages are not there, or the environment names an exporter that is not brought along.
    """
    global _provider, _tracer
    if wanted():
        _provider = _provider_of(_exporter())
        _tracer = _provider.get_tracer("lookalike")


def shut_down() -> None:
    """Sends what has not been sent yet, and ends tracing."""
    global _provider, _tracer
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def span(name: str, **facts: Fact) -> AbstractContextManager[Any]:
    """Traces what is done inside as ``name``, a part of whatever is traced around it.

    Yields:
        OpenTelemetry's span, or None where traces are off.
    """
    return _NOTHING if _tracer is None else _tracer.start_as_current_span(name, attributes=facts)


def request_span(name: str, headers: Mapping[str, str], **facts: Fact) -> AbstractContextManager[Any]:
    """Traces one request, as a part of the client's trace where its ``traceparent`` header (lower case) names one.

    Yields:
        OpenTelemetry's span, or None where traces are off.
    """
    if _tracer is None:
        return _NOTHING
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    return _tracer.start_as_current_span(name, extract(headers), SpanKind.SERVER, attributes=facts)


def carried(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """``function`` for another thread, where it goes on with this request's trace and id.

    ``asyncio.to_thread`` does so by itself; an executor does not.
    """
    context = copy_context()

    def inside(*arguments: Given.args, **named: Given.kwargs) -> Made:
        return context.run(function, *arguments, **named)

    return inside


def _exporter() -> "SpanExporter":
    chosen = os.environ.get(EXPORTER) or "otlp"
    protocol = next(filter(None, map(os.environ.get, _PROTOCOLS)), "http/protobuf")
    if chosen not in {"otlp", "console"}:
        raise UserError(f"{EXPORTER} is {chosen} but traces go by otlp, or by console to stdout; set one, or none")
    if chosen == "otlp" and protocol != "http/protobuf":
        raise UserError(
            f"the OTLP protocol is {protocol} but traces go by http/protobuf alone; set OTEL_EXPORTER_OTLP_PROTOCOL"
        )
    return _made(chosen)


def _made(chosen: str) -> "SpanExporter":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter
    except ImportError as error:
        raise UserError(
            "traces are asked for by the environment (OTEL_...) but their packages are not there; "
            "install lookalike[traces], or unset the variables"
        ) from error
    return OTLPSpanExporter() if chosen == "otlp" else ConsoleSpanExporter()


def _provider_of(exporter: "SpanExporter") -> "TracerProvider":
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "lookalike"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
