"""A collector that really listens, and a server that really sends to it."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from grpc_client import trailing_metadata
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector:
    """Takes spans by OTLP over HTTP, as any collector does."""

    def __init__(self) -> None:
        self.spans, self.services = [], set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, request):
        for resource in request.resource_spans:
            self.services |= {fact.value.string_value for fact in resource.resource.attributes}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def named(self, name):
        return [span for span in self.spans if span.name == name]


@pytest.fixture(scope="module")
def collector(start, release_folder, pictures, other_process) -> Iterator[Collector]:
    """What one server sent, after a search over REST in a client's own trace, a call over gRPC, and its end."""
    collector = Collector()
    Thread(target=collector.server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        server = start(release_folder)
    body = {"instances": [{"b64": base64.b64encode(pictures[0]).decode()}]}
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "one"}
    assert server.post("/v1/models/search:predict", json=body, headers=headers).is_success
    other_process.submit(trailing_metadata, server.grpc, "encoder", pictures[:1], {}).result(timeout=60)
    assert server.stop() == 0
    yield collector
    collector.server.shutdown()


def facts(span):
    return {fact.key: fact.value.string_value for fact in span.attributes}


def test_a_request_goes_on_with_its_clients_trace(collector):
    (span,) = collector.named("search v1")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == span.SPAN_KIND_SERVER


def test_a_request_tells_what_became_of_it(collector):
    (span,) = collector.named("search v1")
    told = facts(span)
    assert (told["lookalike.status"], told["lookalike.request_id"]) == ("200", "one")
    assert (told["http.request.method"], told["url.path"]) == ("POST", "/v1/models/search:predict")


@pytest.mark.parametrize("stage", ["decode", "search"])
def test_its_stages_are_parts_of_it(collector, stage):
    (request,) = collector.named("search v1")
    inside = [span for span in collector.named(stage) if span.parent_span_id == request.span_id]
    assert len(inside) == 1
    assert request.start_time_unix_nano <= inside[0].start_time_unix_nano
    assert inside[0].end_time_unix_nano <= request.end_time_unix_nano


def test_a_call_over_grpc_has_a_trace_of_its_own(collector):
    (span,) = collector.named("encoder grpc")
    assert span.trace_id.hex() != TRACE
    assert facts(span)["lookalike.status"] == "OK"


def test_the_service_is_named(collector):
    assert "lookalike" in collector.services


def test_without_the_variables_nothing_of_it_is_loaded():
    code = (
        "import sys; from lookalike_components.serve.observability import traces; traces.set_up()\n"
        "with traces.span('decode') as span: assert span is None\n"
        "print(*(name for name in sys.modules if name.startswith('opentelemetry')))"
    )
    assert script(code).stdout.strip() == ""


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "zipkin"},
            "OTEL_TRACES_EXPORTER is zipkin but traces go by otlp, or by console to stdout; set one, or none",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "the OTLP protocol is grpc but traces go by http/protobuf alone; set OTEL_EXPORTER_OTLP_PROTOCOL",
        ),
    ],
)
def test_what_is_not_brought_along_is_refused(monkeypatch, variables, sentence):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run = script("from lookalike_components.serve.observability import traces; traces.set_up()")
    assert run.stderr.splitlines()[-1].endswith(f"UserError: {sentence}")


def test_where_the_packages_are_missing_one_sentence_says_so(monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from lookalike_components.serve.observability import traces; traces.set_up()"
    )
    assert script(code).stderr.splitlines()[-1].endswith("install lookalike[traces], or unset the variables")


@pytest.mark.parametrize("variables", [{"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_it_can_be_switched_off_beside_an_endpoint(monkeypatch, variables):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run = script("from lookalike_components.serve.observability import traces; print(traces.wanted())")
    assert run.stdout.strip() == "False"


def script(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
