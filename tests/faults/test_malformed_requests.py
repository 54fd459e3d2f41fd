"""Thousands of requests with something wrong in them: each is refused, none is the server's fault, and it goes on.

A refusal is a status from 400 to 499 and one sentence, or gRPC's equal. Not a single answer may be 5xx; where one is
right (what the protocol has and this server has not), a test of `test_routes.py` names it.
"""

from collections import Counter

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from malformed import (
    REMOVALS,
    b64,
    index_requests,
    spoilt_binary,
    spoilt_json,
    spoilt_message,
    v1_requests,
    v2_requests,
)
from protobuf import element
from server_process import Answer
from spoilt_files import MUTATIONS, spoilt

from lookalike_components.release.runtime import Release

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
BINARY_EVENT = JSON | {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "x", "ce-type": "t"}
STRUCTURED_EVENT = {"Content-Type": "application/cloudevents+json"}
BINARY = "application/octet-stream"
V1, V2, BINARY_V2, GRPC, PICTURES, CHANGES, REMOVED, EVENTS = 600, 600, 500, 1_000, 150, 400, 150, 50
"""Requests of each kind; the first three to each model, pictures for each way to spoil them, events to each path."""
LONGEST_SENTENCE = 600
ECHO = 40
REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


def times(number):
    """So many examples, the same ones each time."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=quiet,
        print_blob=False,
    )


@pytest.fixture(scope="module")
def vector(release_folder, pictures):
    return Release.open(release_folder).encode(pictures[:1])[0].tolist()


def judge(answer: Answer, tally: Counter[str], secret: str = "") -> None:
    """An answer may be a result or a refusal, and a refusal repeats nothing of the picture."""
    tally[str(answer.status)] += 1
    assert answer.status == 200 or 400 <= answer.status < 500, (answer.status, answer.body[:1000])
    if answer.status != 200:
        assert 0 < len(answer.sentence) <= LONGEST_SENTENCE, answer.body[:1000]
        assert "Traceback" not in answer.sentence
        assert not secret or secret[:ECHO] not in answer.body.decode()


@pytest.mark.parametrize("model", ["encoder", "search"])
def test_v1(server, tally, pictures, vector, model):
    @times(V1)
    @given(spoilt_json(v1_requests(pictures[0], vector)))
    def ask(body):
        judge(server.ask("POST", f"/v1/models/{model}:predict", body, JSON), tally, b64(pictures[0]))

    ask()
    assert tally.total() >= V1


@pytest.mark.parametrize("headers", [BINARY_EVENT, STRUCTURED_EVENT], ids=["binary", "structured"])
@pytest.mark.parametrize("path", ["/v1/models/search:predict", "/v1/models/search:explain", "/v2/models/search/infer"])
def test_cloud_events(server, tally, pictures, vector, path, headers):
    @times(EVENTS)
    @given(spoilt_json(v1_requests(pictures[0], vector)))
    def ask(body):
        answer = server.ask("POST", path, body, headers)
        judge(answer, tally, b64(pictures[0]))
        assert answer.status == 415

    ask()
    assert tally.total() >= EVENTS


@pytest.mark.parametrize("model", ["encoder", "search"])
def test_v2_in_json(server, tally, pictures, vector, model):
    @times(V2)
    @given(spoilt_json(v2_requests(pictures[0], vector)))
    def ask(body):
        judge(server.ask("POST", f"/v2/models/{model}/infer", body, JSON), tally, b64(pictures[0]))

    ask()
    assert tally.total() >= V2


@pytest.mark.parametrize("model", ["encoder", "search"])
def test_v2_in_binary(server, tally, pictures, model):
    @times(BINARY_V2)
    @given(spoilt_binary(pictures[0]))
    def ask(sent):
        body, length = sent
        headers = {"Content-Type": BINARY} | ({} if length is None else {"Inference-Header-Content-Length": length})
        judge(server.ask("POST", f"/v2/models/{model}/infer", body, headers), tally)

    ask()
    assert tally.total() >= BINARY_V2


def test_grpc(server, tally, pictures):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")

        @times(GRPC)
        @given(spoilt_message(pictures[0]))
        def ask(message):
            status, details = called(infer, message)
            tally[f"gRPC {status.name}"] += 1
            assert status is grpc.StatusCode.OK or status in REFUSALS, (status, details)
            assert len(details) <= LONGEST_SENTENCE

        ask()
        assert tally.total() >= GRPC


def called(infer, message):
    """Status and details of one call."""
    try:
        infer(message, timeout=60)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_spoilt_pictures(server, tally, mutation):
    head = b'{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": %d}}]}'
    for picture in spoilt(mutation, PICTURES):
        tensor = element(picture)
        json = head % len(tensor)
        headers = {"Content-Type": BINARY, "Inference-Header-Content-Length": str(len(json))}
        judge(server.ask("POST", "/v2/models/search/infer", json + tensor, headers), tally)


def test_changes_of_the_index(server, tally, pictures, vector):
    @times(CHANGES)
    @given(spoilt_json(index_requests(pictures[0], vector)))
    def ask(body):
        judge(server.ask("POST", "/index", body, JSON), tally, b64(pictures[0]))

    ask()
    assert tally.total() >= CHANGES


def test_removals_from_the_index(server, tally):
    @times(REMOVED)
    @given(spoilt_json(REMOVALS))
    def ask(body):
        judge(server.ask("POST", "/index/remove", body, JSON), tally)

    ask()
    assert tally.total() >= REMOVED
