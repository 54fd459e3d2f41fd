"""Past each limit a request is refused with its own status and sentence: in v1, in v2 and over gRPC alike."""

import base64
import io
import json
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import grpc_client
import httpx
import numpy as np
import pytest
from PIL import Image

BODY_BYTES = 300_000
LIMITS = {
    "--most-body-bytes": BODY_BYTES,
    "--most-images": 4,
    "--most-pixels": 30_000_000,
    "--most-k": 3,
    "--most-waiting": 8,
    "--threads": 1,
    "--head-timeout": 1,
}


def blank(side):
    """A picture that is small as a file and takes its time to decode."""
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "PNG")
    return file.getvalue()


HUGE, LARGE = blank(6000), blank(5000)


@pytest.fixture(scope="module")
def server(start, release_folder):
    return start(release_folder, *(str(word) for limit in LIMITS.items() for word in limit))


def v1(server, pictures, model="encoder", headers=None, **parameters):
    instances = [{"b64": base64.b64encode(picture).decode()} for picture in pictures]
    body = {"instances": instances, "parameters": parameters}
    return server.post(f"/v1/models/{model}:predict", json=body, headers=headers, timeout=60)


def v2(server, pictures, model="encoder", **parameters):
    data = b"".join(struct.pack("<I", len(picture)) + picture for picture in pictures)
    tensor = {"name": "image", "datatype": "BYTES", "shape": [len(pictures)]}
    tensor["parameters"] = {"binary_data_size": len(data)}
    head = json.dumps({"inputs": [tensor], "parameters": parameters}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    return server.post(f"/v2/models/{model}/infer", content=head + data, headers=headers, timeout=60)


def told(answer):
    return answer.status_code, answer.json()["error"]


@pytest.mark.parametrize(
    ("files", "parameters", "sentence"),
    [
        ([HUGE], {}, "image 1 has too many pixels (no more than 30,000,000); send a smaller one"),
        ([b""] * 5, {}, "the request holds 5 images; send no more than 4 in one"),
        ([LARGE], {"k": 4}, "k is 4 but the server finds 3 at most; ask for fewer"),
    ],
    ids=["pixels", "images", "k"],
)
def test_every_protocol_refuses_alike(server, grpc, files, parameters, sentence):
    assert told(v1(server, files, "search", **parameters)) == (400, sentence)
    assert told(v2(server, files, "search", **parameters)) == (400, sentence)
    refusal = grpc(grpc_client.infer, "search", [grpc_client.files(files)], parameters)
    assert refusal == ("StatusCode.INVALID_ARGUMENT", sentence)


def test_embeddings_are_counted_like_images(server, release):
    vectors = np.eye(5, 48, dtype=np.float32)
    instances = [{"embedding": vector.tolist()} for vector in vectors]
    body = {"instances": instances, "parameters": {"encoder": release.manifest.encoder.digest}}
    answer = server.post("/v1/models/search:predict", json=body)
    assert told(answer) == (400, "the request holds 5 embeddings; send no more than 4 in one")


@pytest.mark.parametrize("chunks", [[b"x" * (BODY_BYTES + 1)], [b"x" * BODY_BYTES, b"x"]], ids=["told", "in chunks"])
@pytest.mark.parametrize("path", ["/v1/models/encoder:predict", "/v2/models/encoder/infer", "/index"])
def test_a_body_that_is_too_large_is_refused_and_the_connection_closed(server, path, chunks):
    answer = server.post(path, content=chunks[0] if len(chunks) == 1 else iter(chunks))
    assert told(answer) == (413, "the request is larger than 300,000 bytes; send fewer or smaller images")
    assert answer.headers["connection"] == "close"


def test_a_message_that_is_too_large_is_refused_by_grpc(grpc):
    status, _ = grpc(grpc_client.infer, "encoder", [grpc_client.files([b"x" * BODY_BYTES])])
    assert status == "StatusCode.RESOURCE_EXHAUSTED"


def test_past_the_bound_of_the_queue_every_protocol_says_when_to_try_again(server, grpc):
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(v1, server, [LARGE] * 4) for _ in range(2)]
        while "lookalike_requests_in_flight 2.0" not in httpx.get(f"http://{server.http}/metrics").text:
            pass
        busy = v2(server, [LARGE])
        refusal = grpc(grpc_client.infer, "encoder", [grpc_client.files([LARGE])])
        assert {answer.result().status_code for answer in answers} == {200}
    assert busy.status_code == 429
    assert int(busy.headers["retry-after"]) >= 1
    assert busy.json()["error"].startswith("the server is working on 8 images and takes on no more than 8; try again")
    assert refusal == ("StatusCode.RESOURCE_EXHAUSTED", busy.json()["error"])
    assert v2(server, [LARGE]).status_code == 200


def test_a_client_may_grant_less_time_than_the_server(server, grpc):
    sentence = "the request was not answered within 0.01 s; send fewer images or grant more time"
    assert told(v1(server, [LARGE], headers={"X-Request-Timeout": "0.01"})) == (504, sentence)
    assert told(v2(server, [LARGE], timeout=10_000)) == (504, sentence)
    refusal = grpc(grpc_client.infer, "encoder", [grpc_client.files([LARGE])], None, 10_000)
    assert refusal == ("StatusCode.DEADLINE_EXCEEDED", sentence)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan"])
def test_a_time_that_is_none_is_refused(server, pictures, text):
    answer = v1(server, pictures[:1], headers={"X-Request-Timeout": text})
    assert told(answer) == (
        400,
        "the header x-request-timeout is not a number of seconds above 0; send one, such as 2.5",
    )


def test_so_is_one_of_v2(server, pictures):
    sentence = "parameter timeout is not a whole number of microseconds; send one, such as 2500000"
    assert told(v2(server, pictures[:1], timeout="soon")) == (400, sentence)


def test_a_compressed_body_is_not_unpacked(server):
    answer = server.post("/v1/models/encoder:predict", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert told(answer) == (415, "the body is compressed (Content-Encoding); send it as it is")


@pytest.mark.parametrize("said", [b"", b"POST /v1/models/encoder:predict HTTP/1.1\r\nHost: a\r\n"])
def test_a_connection_without_the_head_of_a_request_is_closed(server, said):
    host, port = server.http.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(said)
        assert connection.recv(1) == b""


def test_a_head_without_an_end_is_closed(server):
    host, port = server.http.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        sending = threading.Thread(target=_send_a_head_without_end, args=[connection])
        sending.start()
        sending.join(timeout=30)
        assert not sending.is_alive()


def _send_a_head_without_end(connection):
    try:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while True:
            connection.sendall(b"A: " + b"a" * 1000 + b"\r\n")
    except OSError:
        return


@pytest.fixture(scope="module")
def narrow(start, release_folder):
    """A server that takes three connections."""
    return start(release_folder, "--most-connections", "3")


@contextmanager
def held(server, connections):
    """So many connections that say nothing; in the end the server has seen them go."""
    host, port = server.http.split(":")
    with ExitStack() as stack:
        for _ in range(connections):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
        yield
    while not server.answers():
        pass


@pytest.mark.parametrize("body", [b"", b"x" * 500_000], ids=["without a body", "with a body"])
def test_past_the_bound_of_connections_a_request_is_told_when_to_try_again(narrow, body):
    with held(narrow, 3):
        answer = narrow.post("/v1/models/encoder:predict", content=body, headers={"X-Request-Id": "one-too-many"})
    assert told(answer) == (503, "the server takes no more than 3 connections at once; try again in 1 s")
    said = {name: answer.headers[name] for name in ("content-type", "retry-after", "connection", "x-request-id")}
    assert said == {
        "content-type": "application/json",
        "retry-after": "1",
        "connection": "close",
        "x-request-id": "one-too-many",
    }


def test_within_the_bound_of_connections_all_are_answered(narrow):
    with held(narrow, 2):
        assert narrow.answers()


def test_a_connection_that_was_answered_before_is_refused_while_there_are_too_many(narrow):
    with httpx.Client(base_url=f"http://{narrow.http}") as client:
        assert client.get("/v2/health/live").status_code == 200
        with held(narrow, 3):
            while client.get("/v2/health/live").status_code != 503:
                pass  # the others may not be there yet
        assert client.get("/v2/health/live").status_code == 200


@pytest.mark.parametrize("verb", ["load", "unload"])
def test_no_client_takes_a_model_out_of_service(server, verb):
    status, sentence = told(server.post(f"/v2/repository/models/encoder/{verb}"))
    assert status == 403
    assert sentence == f"models are not {verb}ed by clients; a release is switched by POST /release"
    assert server.answers()


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/index", 405)])
def test_what_is_not_there_is_told_in_a_sentence_too(server, method, path, status):
    answer = httpx.request(method, f"http://{server.http}{path}")
    assert told(answer) == (status, f"there is nothing under {method} {path}")


def test_refusals_are_counted_by_their_reason(server):
    before = httpx.get(f"http://{server.http}/metrics").text
    v1(server, [b"no image"])
    after = httpx.get(f"http://{server.http}/metrics").text
    assert _rejected(after, "image") == _rejected(before, "image") + 1


def _rejected(metrics, reason):
    (line,) = [
        line for line in metrics.splitlines() if line.startswith(f'lookalike_rejected_total{{reason="{reason}"}}')
    ]
    return float(line.split()[-1])


@pytest.mark.parametrize("name", ["server", "narrow"])
def test_the_log_stays_quiet_of_all_this(request, name):
    assert len(request.getfixturevalue(name).log.read_text().splitlines()) == 1
