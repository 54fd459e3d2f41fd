"""Every route, with every method and anything for parameters; and what the server must not let clients do."""

from contextlib import suppress

import grpc
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from protobuf import field
from schemathesis import GenerationMode
from server_process import Server

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE")
NOT_HERE = {
    501: "the protocol's `explain` and versions of a model: this server has neither",
}
"""The only statuses from 500 that are right, and where."""


def is_right(status: int, url: str) -> bool:
    is_not_here = "explain" in url or "/versions/" in url or "model_version=" in url
    return status < 500 or (status in NOT_HERE and is_not_here)


def routes(server: Server) -> dict[str, dict[str, object]]:
    return server.ask("GET", "/openapi.json").json()["paths"]


@pytest.mark.parametrize("method", METHODS)
def test_every_route_stands_every_method(server, tally, method):
    for path in routes(server):
        for name in ("encoder", "no-such", "%00", "..%2f..", "x" * 2_000):
            filled = path.replace("{model_name}", name).replace("{model_version}", "1").replace("{image_id}", name)
            answer = server.ask(method, filled, b"{}" if method in ("POST", "PUT", "PATCH") else b"")
            tally[str(answer.status)] += 1
            assert is_right(answer.status, path), (method, filled, answer.status, answer.body[:300])
    assert server.is_ready()


@pytest.mark.slow
def test_the_published_schema_holds_against_its_own_fuzzer(server, tally):
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.http_port}/openapi.json")
    for operation in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(Unsatisfiable):  # an operation without parameters cannot be asked wrongly
                _fuzz(operation.ok(), mode, tally)
    assert tally.total() > 200


def _fuzz(operation, mode, tally):
    @settings(max_examples=20, derandomize=True, database=None, suppress_health_check=[HealthCheck.filter_too_much])
    @given(operation.as_strategy(generation_mode=mode))
    def send(case):
        answer = case.call()
        tally[str(answer.status_code)] += 1
        assert is_right(answer.status_code, answer.request.url), (case.as_curl_command(), answer.text[:300])

    send()


@pytest.mark.parametrize("model", ["encoder", "search"])
@pytest.mark.parametrize("verb", ["load", "unload"])
def test_no_client_can_take_a_model_out_of_service(server, model, verb):
    answer = server.ask("POST", f"/v2/repository/models/{model}/{verb}")
    assert 400 <= answer.status < 500
    assert server.ask("GET", f"/v2/models/{model}/ready").status == 200


@pytest.mark.parametrize("verb", ["Load", "Unload"])
def test_nor_over_grpc(server, verb):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        call = channel.unary_unary(f"/inference.GRPCInferenceService/RepositoryModel{verb}")
        with pytest.raises(grpc.RpcError) as error:
            call(field(1, "encoder"), timeout=60)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert server.ask("GET", "/v2/models/encoder/ready").status == 200


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/no-such", "/v2/models/no-such/infer", "/thumbnails/../../etc/passwd"]
)
def test_what_is_not_there_is_told_in_json(server, path):
    answer = server.ask("POST" if "infer" in path else "GET", path, b'{"inputs": []}' if "infer" in path else b"")
    assert answer.status in (400, 404)
    assert answer.json()
