import base64
import json

import httpx
import numpy as np
import pytest
import tritonclient.http
from grpc_client import files, infer, metadata


def text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def v1(server, model, **body):
    return server.post(f"/v1/models/{model}:predict", json=body)


def http_input(pictures, binary):
    elements = pictures if binary else [text(picture) for picture in pictures]
    tensor = tritonclient.http.InferInput("image", [len(pictures)], "BYTES")
    tensor.set_data_from_numpy(np.array(elements, dtype=object), binary_data=binary)
    return tensor


@pytest.fixture
def http(server):
    with tritonclient.http.InferenceServerClient(server.http) as client:
        yield client


def test_v1_embeds_base64_images_as_the_release_does(server, pictures, release):
    answer = v1(server, "encoder", instances=[{"b64": text(picture)} for picture in pictures]).json()
    embeddings = np.array([prediction["embedding"] for prediction in answer["predictions"]], np.float32)
    np.testing.assert_array_equal(embeddings, release.encode(pictures))


def test_v1_finds_the_image_itself_first(server, pictures):
    (found,) = v1(server, "search", instances=[{"b64": text(pictures[1])}], parameters={"k": 2}).json()["predictions"]
    assert found["ids"][0] == "picture-1"
    assert found["uris"][0] == "picture-1.png"
    assert found["labels"][0] == "lamp"
    assert found["scores"][0] == pytest.approx(1, abs=1e-6)
    assert found["same"] == [True, False]


def test_v1_reads_json_under_any_content_type(server, pictures):
    body = json.dumps({"instances": [{"b64": text(pictures[0])}]})
    answer = server.post("/v1/models/encoder:predict", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200


def test_five_neighbours_are_found_unless_told_otherwise(server, pictures):
    (found,) = v1(server, "search", instances=[{"b64": text(pictures[0])}]).json()["predictions"]
    assert len(found["ids"]) == 5


def test_an_image_without_a_label_has_an_empty_one(server, pictures):
    (found,) = v1(server, "search", instances=[{"b64": text(pictures[5])}], parameters={"k": 1}).json()["predictions"]
    assert found["labels"] == [""]


@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
def test_v2_embeds_encoded_images_as_the_release_does(http, pictures, release, binary):
    output = tritonclient.http.InferRequestedOutput("embedding", binary_data=binary)
    answer = http.infer("encoder", [http_input(pictures, binary)], outputs=[output])
    np.testing.assert_array_equal(answer.as_numpy("embedding"), release.encode(pictures))


@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
def test_v2_embeds_pixels_as_the_release_does(http, pixels, pictures, release, binary):
    tensor = tritonclient.http.InferInput("image", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels, binary_data=binary)
    answer = http.infer("encoder", [tensor])
    np.testing.assert_array_equal(answer.as_numpy("embedding"), release.encode(pictures))


def test_v2_finds_what_the_release_finds(http, pictures, release):
    answer = http.infer("search", [http_input(pictures, binary=True)], parameters={"k": 3})
    expected = release.search(release.encode(pictures), 3)
    texts = np.array([expected.ids, expected.uris, expected.labels]).astype(bytes)
    found = np.array([answer.as_numpy(name) for name in ("ids", "uris", "labels")]).astype(bytes)
    np.testing.assert_array_equal(found, texts)
    np.testing.assert_array_equal(answer.as_numpy("scores"), expected.scores)


def test_v2_sends_only_the_outputs_that_were_asked_for(http, pictures):
    outputs = [tritonclient.http.InferRequestedOutput("labels")]
    answer = http.infer("search", [http_input(pictures, binary=True)], outputs=outputs).get_response()
    assert [output["name"] for output in answer["outputs"]] == ["labels"]


def test_grpc_embeds_encoded_images_as_the_release_does(grpc, pictures, release):
    outputs, _ = grpc(infer, "encoder", [files(pictures)])
    np.testing.assert_array_equal(outputs["embedding"], release.encode(pictures))


def test_grpc_embeds_pixels_as_the_release_does(grpc, pixels, release):
    outputs, _ = grpc(infer, "encoder", [("image", "UINT8", pixels)])
    np.testing.assert_array_equal(outputs["embedding"], release.encode_pixels(pixels))


def test_grpc_finds_k_neighbours(grpc, pictures):
    found, _ = grpc(infer, "search", [files(pictures)], {"k": 2})
    assert found["ids"].shape == (6, 2)
    assert found["ids"][3, 0] == b"picture-3"
    assert found["same"][:, 0].all()


def test_every_protocol_names_the_release_and_its_encoder(server, http, grpc, pictures, release):
    digests = {"release": release.manifest.digest, "encoder": release.manifest.encoder.digest}
    old = v1(server, "encoder", instances=[{"b64": text(pictures[0])}]).json()
    rest = http.infer("encoder", [http_input(pictures, binary=True)]).get_response()
    _, remote = grpc(infer, "encoder", [files(pictures)])
    assert {name: old[name] for name in digests} == digests
    assert rest["parameters"] == digests
    assert remote == digests


def test_the_request_id_comes_back(http, pictures):
    answer = http.infer("encoder", [http_input(pictures, binary=True)], request_id="seven")
    assert answer.get_response()["id"] == "seven"


def test_an_embedding_is_searched_as_its_image_is(http, grpc, pictures, release):
    vectors, parameters = release.encode(pictures), {"encoder": release.manifest.encoder.digest, "k": 4}
    tensor = tritonclient.http.InferInput("embedding", list(vectors.shape), "FP32")
    by_http = http.infer("search", [tensor.set_data_from_numpy(vectors)], parameters=parameters)
    by_grpc, _ = grpc(infer, "search", [("embedding", "FP32", vectors)], parameters)
    by_image = http.infer("search", [http_input(pictures, binary=True)], parameters={"k": 4})
    np.testing.assert_array_equal(by_http.as_numpy("ids"), by_image.as_numpy("ids"))
    np.testing.assert_array_equal(by_grpc["ids"], by_image.as_numpy("ids"))


def test_v1_searches_embeddings_too(server, pictures, release):
    instances = [{"embedding": vector.tolist()} for vector in release.encode(pictures)]
    parameters = {"encoder": release.manifest.encoder.digest, "k": 1}
    found = v1(server, "search", instances=instances, parameters=parameters).json()["predictions"]
    assert [prediction["ids"][0] for prediction in found] == [f"picture-{number}" for number in range(6)]


def test_metadata_tells_names_types_and_shapes(http):
    encoder = http.get_model_metadata("encoder")
    assert encoder["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    assert encoder["outputs"] == [{"name": "embedding", "datatype": "FP32", "shape": [-1, 48]}]


def test_grpc_tells_the_same_of_a_model_that_is_ready(grpc):
    by_neighbour = {"ids": "BYTES", "uris": "BYTES", "labels": "BYTES", "scores": "FP32", "same": "BOOL"}
    by_query = {"vote": "BYTES", "vote_share": "FP32", "found": "INT32"}
    assert grpc(metadata, "search") == (by_neighbour | by_query, True)


def test_both_models_are_ready(http):
    assert http.is_server_ready()
    assert http.is_model_ready("encoder")
    assert http.is_model_ready("search")


def test_the_release_can_be_looked_up(server, release):
    answer = httpx.get(f"http://{server.http}/release").json()
    assert answer == release.manifest.model_dump(mode="json")


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers(server):
    with httpx.Client(base_url=f"http://{server.http}") as client:
        seconds = [client.get("/release").elapsed.total_seconds() for _ in range(20)]
    assert min(seconds) < 0.02


def test_metrics_count_predictions_for_prometheus(server, http, pictures):
    http.infer("encoder", [http_input(pictures, binary=True)])
    metrics = httpx.get(f"http://{server.http}/metrics").text
    assert 'request_predict_seconds_count{model_name="encoder"}' in metrics
