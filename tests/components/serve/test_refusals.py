"""What a server cannot answer is told in one sentence, mostly with status 400, and never repeats the image."""

import base64
import json

import grpc_client
import numpy as np
import pytest
import tritonclient.http
from tritonclient.utils import InferenceServerException

BROKEN = b"neither \xff\xfe JPEG nor PNG"
BROKEN_TEXT = base64.b64encode(BROKEN).decode()


def infer(server, model="search", body=None, **fields):
    return server.post(f"/v2/models/{model}/infer", json=body or fields)


def refused(answer, status=400):
    assert answer.status_code == status
    assert BROKEN_TEXT not in answer.text
    return answer.json()["error"]


def of_image(*data, shape=None):
    return [{"name": "image", "datatype": "BYTES", "shape": shape or [len(data)], "data": list(data)}]


def test_a_broken_image_is_refused_by_v1(server, pictures):
    instances = [{"b64": base64.b64encode(pictures[0]).decode()}, {"b64": BROKEN_TEXT}]
    answer = server.post("/v1/models/encoder:predict", json={"instances": instances})
    assert refused(answer) == "image 2 is not an image; send another"


def test_a_broken_image_is_refused_by_v2_in_json(server, pictures):
    inputs = of_image(base64.b64encode(pictures[0]).decode(), BROKEN_TEXT)
    assert refused(infer(server, "encoder", inputs=inputs)) == "image 2 is not an image; send another"


def test_a_broken_image_is_refused_by_v2_in_binary(server, pictures):
    tensor = tritonclient.http.InferInput("image", [2], "BYTES")
    tensor.set_data_from_numpy(np.array([pictures[0], BROKEN], dtype=object))
    with (
        tritonclient.http.InferenceServerClient(server.http) as client,
        pytest.raises(InferenceServerException) as error,
    ):
        client.infer("encoder", [tensor])
    assert error.value.status() == "400"
    assert error.value.message() == "image 2 is not an image; send another"


def test_a_broken_image_is_refused_by_grpc(grpc, pictures):
    refusal = grpc(grpc_client.infer, "encoder", [grpc_client.files([pictures[0], BROKEN])])
    assert refusal == ("StatusCode.INVALID_ARGUMENT", "image 2 is not an image; send another")


def test_the_server_goes_on_after_a_refusal_and_its_log_stays_quiet(server):
    refused(infer(server, inputs=of_image(BROKEN_TEXT)))
    assert server.answers()
    assert len(server.log.read_text().splitlines()) == 1


@pytest.mark.parametrize("text", ["no base64!", 7, None])
def test_what_is_no_base64_is_named_by_its_place(server, text):
    answer = server.post("/v1/models/encoder:predict", json={"instances": [{"b64": text}]})
    assert refused(answer) == "image 1 is not base64; send the base64 of the image file's bytes"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "the request is not JSON; correct it"),
        (b"[]", 'the request has no instances; send JSON such as {"instances": [{"b64": "<base64>"}]}'),
        (b'{"instances": []}', 'the request has no instances; send JSON such as {"instances": [{"b64": "<base64>"}]}'),
        (b'{"instances": [{}]}', 'instance 1 holds no image; send {"b64": "<base64 of the image file>"}'),
        (b'{"instances": [{}], "parameters": 3}', 'parameters must be an object, such as {"k": 5}'),
        (b'{"instances": [{"embedding": ["x"]}]}', "an embedding must be a list of numbers, all of one length"),
        (
            b'{"instances": [{"embedding": [1]}, {"embedding": [1, 0]}]}',
            "an embedding must be a list of numbers, all of one length",
        ),
    ],
)
def test_v1_says_what_is_wrong_with_a_request(server, body, sentence):
    answer = server.post("/v1/models/search:predict", content=body, headers={"Content-Type": "text/plain"})
    assert refused(answer) == sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"x": 1}, "the request is malformed: inputs: Field required"),
        ({"inputs": [{"name": "image"}]}, "the request is malformed: inputs.0.shape: Field required"),
        (
            {"inputs": of_image(BROKEN_TEXT, shape=[3])},
            "the data of image are not BYTES of shape [3]; correct one",
        ),
        ({"inputs": of_image(shape=[0])}, "the request holds no image; send at least one"),
        (
            {"inputs": [{"name": "picture", "datatype": "BYTES", "shape": [1], "data": [BROKEN_TEXT]}]},
            "send one input: image (BYTES [n] of encoded files, or UINT8 [n, height, width, 3]) "
            "or embedding (FP32 [n, dimension])",
        ),
        (
            {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [300] * 12}]},
            "the data of image are not UINT8 of shape [1, 2, 2, 3]; correct one",
        ),
        (
            {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [0] * 12}]},
            "the pixels are uint8 1 x 2 x 2 x 3 but the encoder takes uint8 n x 16 x 16 x 3 (RGB); "
            "resize them, or send the image files themselves",
        ),
    ],
)
def test_v2_says_what_is_wrong_with_a_request(server, body, sentence):
    assert refused(infer(server, body=body)) == sentence


@pytest.mark.parametrize(
    ("k", "sentence"),
    [
        (7, "k is 7 but the index holds 6 images; ask for 1 to 6"),
        (0, "k is 0 but the index holds 6 images; ask for 1 to 6"),
        ("many", "parameter k is not a whole number; send one, such as 5"),
        (True, "parameter k is not a whole number; send one, such as 5"),
    ],
)
def test_k_must_be_a_number_within_the_index(server, pictures, k, sentence):
    inputs = of_image(base64.b64encode(pictures[0]).decode())
    assert refused(infer(server, inputs=inputs, parameters={"k": k})) == sentence


@pytest.mark.parametrize(
    ("first", "parameters", "status", "sentence"),
    [
        (1.0, {}, 400, "an embedding needs the parameter encoder: the digest that the encoder's answer names"),
        (
            1.0,
            {"encoder": "d" * 64},
            409,
            f"the embedding is another encoder's than this release's ({'e' * 64}); encode the image again",
        ),
        (2.0, {"encoder": "e" * 64}, 400, "an embedding is not of unit length; send it as the encoder answered it"),
    ],
)
def test_an_embedding_of_another_encoder_is_refused(server, first, parameters, status, sentence):
    vector = [first] + [0.0] * 47
    inputs = [{"name": "embedding", "datatype": "FP32", "shape": [1, 48], "data": vector}]
    assert refused(infer(server, inputs=inputs, parameters=parameters), status) == sentence


def test_an_embedding_of_another_length_is_refused(server):
    inputs = [{"name": "embedding", "datatype": "FP32", "shape": [1, 2], "data": [1.0, 0.0]}]
    sentence = refused(infer(server, inputs=inputs, parameters={"encoder": "e" * 64}))
    assert sentence.startswith("the vectors have shape (1, 2) but this release")


def test_a_body_that_is_cut_short_is_refused(server):
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 40}}
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}
    answer = server.post("/v2/models/encoder/infer", content=head + b"\x20\0\0\0short", headers=headers)
    assert refused(answer) == "9 bytes of binary data follow the JSON but binary_data_size says 40"


def test_an_unknown_model_is_not_found(server):
    answer = infer(server, "decoder", inputs=of_image(BROKEN_TEXT))
    assert answer.status_code == 404
    assert answer.json()["error"] == "Model with name decoder does not exist."
