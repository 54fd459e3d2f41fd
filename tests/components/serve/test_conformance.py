"""tritonclient, which knows nothing of this server, finds what the Open Inference Protocol promises."""

import importlib.metadata

import grpc_client
import numpy as np
import pytest
import tritonclient.http
from tritonclient.http import InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

SERVER = {"name": "kserve", "version": importlib.metadata.version("kserve")}


@pytest.fixture
def http(server):
    with tritonclient.http.InferenceServerClient(server.http, concurrency=4) as client:
        yield client


def encoded(pictures):
    tensor = InferInput("image", [len(pictures)], "BYTES")
    tensor.set_data_from_numpy(np.array(pictures, dtype=object))
    return tensor


def test_http_tells_of_the_server(http):
    metadata = http.get_server_metadata()
    assert {name: metadata[name] for name in SERVER} == SERVER
    assert http.is_server_live()
    assert http.is_server_ready()


def test_grpc_tells_the_same(grpc):
    assert grpc(grpc_client.server_facts) == {**SERVER, "live": True, "ready": True}


@pytest.mark.parametrize("model", ["encoder", "search"])
def test_what_the_metadata_names_is_what_is_answered(http, pictures, model):
    metadata = http.get_model_metadata(model)
    answer = http.infer(model, [encoded(pictures[:2])])
    outputs = answer.get_response()["outputs"]
    assert [(output["name"], output["datatype"]) for output in outputs] == [
        (output["name"], output["datatype"]) for output in metadata["outputs"]
    ]
    for told, found in zip(metadata["outputs"], outputs, strict=True):
        assert len(told["shape"]) == len(found["shape"])


def test_a_model_that_is_not_there_is_not_ready(http, grpc):
    with pytest.raises(InferenceServerException, match="decoder"):
        http.get_model_metadata("decoder")
    assert grpc(grpc_client.metadata_refusal, "decoder") == (
        "StatusCode.NOT_FOUND",
        "Model with name decoder does not exist.",
    )


def test_the_id_of_a_request_comes_back(http, grpc, pictures):
    assert http.infer("encoder", [encoded(pictures[:1])], request_id="seven").get_response()["id"] == "seven"
    assert grpc(grpc_client.answered_id, "encoder", [grpc_client.files(pictures[:1])], "seven") == "seven"


def test_only_the_outputs_that_are_asked_for_come(http, pictures):
    wanted = [InferRequestedOutput("scores", binary_data=True), InferRequestedOutput("ids", binary_data=False)]
    answer = http.infer("search", [encoded(pictures[:1])], outputs=wanted)
    assert [output["name"] for output in answer.get_response()["outputs"]] == ["scores", "ids"]
    assert answer.as_numpy("ids")[0, 0] == "picture-0"
    assert answer.as_numpy("scores")[0, 0] == pytest.approx(1, abs=1e-5)


def test_an_output_that_is_not_there_is_refused(http, pictures):
    with pytest.raises(InferenceServerException) as error:
        http.infer("encoder", [encoded(pictures[:1])], outputs=[InferRequestedOutput("vector")])
    assert error.value.status() == "400"


def test_concurrent_requests_of_one_client_are_answered_each(http, pictures, release):
    waiting = [http.async_infer("encoder", [encoded([picture])]) for picture in pictures]
    vectors = [request.get_result().as_numpy("embedding")[0] for request in waiting]
    np.testing.assert_allclose(vectors, release.encode(pictures), atol=1e-6)


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
@pytest.mark.parametrize("datatype", ["BYTES", "UINT8"])
def test_grpc_takes_tensors_in_both_of_its_forms(grpc, pictures, pixels, release, raw, datatype):
    array = np.array(pictures, dtype=object) if datatype == "BYTES" else pixels
    vectors = grpc(grpc_client.embeddings, array, datatype, raw)
    np.testing.assert_allclose(vectors, release.encode(pictures), atol=1e-6)


def test_grpc_says_of_what_is_no_message_that_it_is_none(grpc):
    assert grpc(grpc_client.send_bytes, b"\x0a\xff") == (
        "StatusCode.INVALID_ARGUMENT",
        "the message is not what the method takes; send the protocol's own",
    )
