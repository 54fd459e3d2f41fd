"""What is too much is refused before it is worked on, in a sentence of bounded length."""

import json
import struct

import grpc_client
import numpy as np
import pytest

TOO_MANY_VALUES = (
    "the JSON of the request has more values than 128 images or embeddings need; send fewer, "
    "or numbers as binary tensors (v2, gRPC)"
)
EVENT = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "x", "ce-type": "t", "Content-Type": "application/json"}
LONG = "A" * 1_000_000


def told(answer):
    return answer.status_code, answer.json()["error"]


def listed(value, times):
    return b"[" + b",".join([value] * times) + b"]"


@pytest.fixture(scope="module")
def narrow(start, release_folder):
    """A server that reads 100,000 bytes of JSON."""
    return start(release_folder, "--most-json-bytes", "100000")


@pytest.mark.parametrize("path", ["/v1/models/encoder:predict", "/v2/models/encoder/infer", "/index"])
@pytest.mark.parametrize("chunks", [[b" " * 100_001], [b" " * 100_000, b" "]], ids=["told", "in chunks"])
def test_json_has_a_limit_of_its_own(narrow, path, chunks):
    answer = narrow.post(path, content=chunks[0] if len(chunks) == 1 else iter(chunks))
    assert told(answer) == (
        413,
        "the JSON of the request is larger than 100,000 bytes (--most-json-bytes); send less in one, or "
        "binary tensors (v2, gRPC), which may have 67,108,864",
    )


def binary(server, data, shape, path="/v2/models/encoder/infer"):
    tensor = {"name": "image", "datatype": "BYTES", "shape": shape, "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [tensor]}).encode()
    return server.post(path, content=head + data, headers={"Inference-Header-Content-Length": str(len(head))})


def test_binary_tensors_are_not_held_to_it(narrow):
    answer = binary(narrow, struct.pack("<I", 200_000) + bytes(200_000), [1])
    assert told(answer) == (400, "image 1 is not an image; send another")


def test_json_is_held_to_it_whatever_its_head_says(narrow):
    assert binary(narrow, bytes(200_000), [1], "/v1/models/encoder:predict").status_code == 413


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/models/encoder:predict", b'{"instances": %s}' % listed(b"{}", 10_000)),
        ("/v1/models/search:predict", b'{"instances": [{"embedding": %s}]}' % listed(b"0", 1_000_002)),
        ("/v2/models/encoder/infer", b'{"inputs": %s}' % listed(b"[]", 10_000)),
        ("/v2/models/search/infer", b'{"inputs": [{"data": %s}]}' % listed(b"0", 1_000_002)),
        ("/index", b'{"entries": %s}' % listed(b"{}", 10_000)),
        ("/index", b'{"entries": [{"embedding": %s}]}' % listed(b"[]", 10_000)),
    ],
    ids=["v1 images", "v1 embedding", "v2 inputs", "v2 data", "entries", "entry"],
)
def test_json_of_more_values_than_a_request_can_need_is_not_parsed(server, path, body):
    assert told(server.post(path, content=body)) == (413, TOO_MANY_VALUES)


def test_images_are_counted_before_they_are_looked_at(server):
    sentence = "the request holds 129 images; send no more than 128 in one"
    assert told(server.post("/v1/models/encoder:predict", json={"instances": [{}] * 129})) == (400, sentence)
    assert told(binary(server, bytes(4_000_000), [1_000_000])) == (400, sentence)


def test_so_are_typed_values_over_grpc(grpc):
    numbers = "INVALID", "FP32", np.zeros((1, 1_000_001), np.float32)
    status, sentence = grpc(grpc_client.infer_typed, "search", numbers)
    assert status == "StatusCode.RESOURCE_EXHAUSTED"
    assert sentence == "the message has more than 1,000,000 typed values; send them as raw_input_contents"


@pytest.mark.parametrize("path", ["/v1/models/search:predict", "/v1/models/search:explain", "/v2/models/search/infer"])
@pytest.mark.parametrize("headers", [EVENT, {"Content-Type": "application/cloudevents+json"}], ids=["binary", "whole"])
@pytest.mark.parametrize(
    "body",
    [b"[" * 2_000, b'{"instances": [{"embedding": [%s]}]}' % (b"9" * 400), b"{}"],
    ids=["deep", "large", "empty"],
)
def test_a_cloud_event_is_refused(server, path, headers, body):
    sentence = "the request is a CloudEvent, which this server does not read; send what it wraps, by itself"
    assert told(server.post(path, content=body, headers=headers)) == (415, sentence)


@pytest.mark.parametrize("number", [b"1e300", b"-1e39", b"9" * 400], ids=["float64", "float32", "digits"])
def test_a_number_too_large_for_an_embedding_is_refused(server, number):
    v1 = b'{"instances": [{"embedding": [%s]}]}' % number
    v2 = b'{"inputs": [{"name": "embedding", "datatype": "FP32", "shape": [1, 1], "data": [%s]}]}' % number
    assert server.post("/v1/models/search:predict", content=v1).status_code == 400
    assert server.post("/v2/models/search/infer", content=v2).status_code == 400
    assert "Warning" not in server.log.read_text()


@pytest.fixture(scope="module")
def open_server(start, release_folder, tmp_path_factory):
    """A server that lets everything be changed."""
    folder = str(tmp_path_factory.mktemp("open"))
    return start(release_folder, "--journal", folder, "--releases", folder)


@pytest.mark.parametrize("path", ["/v2/models/encoder/infer", "/v1/models/search:predict", "/index", "/release"])
@pytest.mark.parametrize(
    "body",
    [
        {LONG: 1},
        {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {LONG: [1]}}]},
        {"inputs": [{"name": LONG, "shape": [1], "datatype": "BYTES", "data": [1, 2]}]},
        {"inputs": [{"name": "image", "shape": [1] * 200_000, "datatype": "BYTES", "data": ["x"]}]},
        {"instances": [{"b64": ""}], "parameters": {"filter": {LONG: 1}}},
        {"entries": [{"b64": "", LONG: 1}]},
    ],
    ids=["key", "parameter", "name", "shape", "filter", "entry"],
)
def test_a_sentence_repeats_nothing_without_bound(open_server, path, body):
    answer = open_server.post(path, json=body)
    assert 400 <= answer.status_code < 500
    assert len(answer.content) < 600


def test_a_field_that_nobody_declared_is_not_named(open_server):
    answer = open_server.post("/index", json={"entries": [{"id": "a", "b64": "", "x" * 30: 1}]})
    assert told(answer) == (400, "the request is malformed: entries.0: Extra inputs are not permitted")


def test_a_shape_is_told_by_its_beginning(grpc):
    picture = "image", "UINT8", np.zeros([1] * 2 + [2] + [1] * 30, np.uint8)
    status, sentence = grpc(grpc_client.infer_typed, "encoder", picture, [1] * 5_000)
    assert status == "StatusCode.INVALID_ARGUMENT"
    assert sentence == "the data of image are not UINT8 of shape [1, 1, 1, 1, ... 5,000 in all]; correct one"


def test_an_embedding_alone_is_told_its_shape(server, release):
    vector = release.encode_pixels(np.zeros((1, 16, 16, 3), np.uint8))[0].tolist()
    tensor = {"name": "embedding", "datatype": "FP32", "shape": [48], "data": vector}
    answer = server.post("/v2/models/search/infer", json={"inputs": [tensor]})
    sentence = "the shape of embedding is [48] but must be [images, 48]; one row for each"
    assert told(answer) == (400, sentence)
