"""Filters, votes and changes of the index, as a server answers them over every protocol."""

import base64
import hashlib
import json

import grpc_client
import httpx
import numpy as np
import pytest
import tritonclient.http
from circles import DIMENSION, at, sealed, table
from tiny_release import ENCODER, blocks

PICTURE = blocks(77)
B64 = base64.b64encode(PICTURE).decode()
SHA = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server of the entries on the circle, whose index can be changed."""
    root = tmp_path_factory.mktemp("circle")
    folder = sealed(root, rows=table(shop=[1, 1, 2, 2, None]))
    return start(folder, "--journal", str(root / "journal"), "--most-images", "20", "--most-k", "100")


@pytest.fixture(autouse=True)
def _as_it_was(server):
    """Every test finds the entries on the circle where they were."""
    yield
    if index(server)["added"] or index(server)["hidden"]:
        remove(server, "x", "y", "z", SHA)
        add(server, *[entry(name, angle, label="mug") for name, angle in (("a", 0), ("b", 10))])


def search(server, *angles, **parameters):
    """The answer over v1 for entries at so many degrees."""
    instances = [{"embedding": vector.tolist()} for vector in at(*angles)]
    parameters = {"encoder": ENCODER.digest, **parameters}
    return server.post("/v1/models/search:predict", json={"instances": instances, "parameters": parameters})


def found(server, *angles, **parameters):
    return search(server, *angles, **parameters).json()["predictions"]


def index(server):
    return httpx.get(f"http://{server.http}/index").json()


def entry(name, angle, **fields):
    return {"id": name, "embedding": at(angle)[0].tolist(), **fields}


def add(server, *entries, encoder=ENCODER.digest):
    return server.post("/index", json={"entries": list(entries), "encoder": encoder})


def remove(server, *ids):
    return server.post("/index/remove", json={"ids": list(ids)})


def refused(answer, status=400):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def test_v1_leaves_out_the_places_that_a_filter_leaves_empty(server):
    (row,) = found(server, 0, k=4, filter={"shop": 2})
    assert row["ids"] == ["c", "d"]
    assert (len(row["scores"]), row["same"], row["found"]) == (2, [True, False], 2)


def test_v1_excludes_ids(server):
    (row,) = found(server, 0, k=2, exclude=["a"])
    assert row["ids"] == ["b", "c"]


def test_v2_fills_up_the_places_that_a_filter_leaves_empty(server):
    tensor = tritonclient.http.InferInput("embedding", [1, DIMENSION], "FP32").set_data_from_numpy(at(0))
    parameters = {"encoder": ENCODER.digest, "k": 3, "filter": json.dumps({"shop": [2]}), "exclude": json.dumps(["d"])}
    with tritonclient.http.InferenceServerClient(server.http) as client:
        answer = client.infer("search", [tensor], parameters=parameters)
    assert answer.as_numpy("ids").astype(str).tolist() == [["c", "", ""]]
    assert answer.as_numpy("scores")[0, 1:].tolist() == [-1, -1]
    assert answer.as_numpy("same").tolist() == [[True, False, False]]
    assert answer.as_numpy("found").tolist() == [1]


def test_grpc_filters_as_v2_does(grpc):
    parameters = {"encoder": ENCODER.digest, "k": 3, "filter": json.dumps({"label": "lamp"}), "exclude": "d"}
    outputs, _ = grpc(grpc_client.infer, "search", [("embedding", "FP32", at(0))], parameters)
    assert outputs["ids"].astype(str).tolist() == [["c", "", ""]]
    assert outputs["found"].tolist() == [1]
    assert outputs["vote"].astype(str).tolist() == ["lamp"]


def test_the_neighbours_vote_for_a_label(server):
    near, far = found(server, 0, 60, k=3)
    assert near["vote"] == "mug"
    cosines = np.cos(np.radians([0, 10, 25]))
    assert near["vote_share"] == pytest.approx(cosines[:2].sum() / cosines.sum())
    assert (far["vote"], far["vote_share"]) == ("lamp", 1)


def test_metadata_names_the_votes(grpc):
    outputs, _ = grpc(grpc_client.metadata, "search")
    assert {name: outputs[name] for name in ("vote", "vote_share", "found")} == {
        "vote": "BYTES",
        "vote_share": "FP32",
        "found": "INT32",
    }


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"filter": {"colour": "red"}},
            "the index has no column 'colour' to filter by; it has image_id, uri, label, subset, shop",
        ),
        ({"filter": 3}, 'filter must be an object of columns and values, such as {"label": ["mug", "bowl"]}'),
        ({"exclude": 3}, 'exclude must be a list of ids, such as ["4f1c...", "90ab..."]'),
        ({"k": 6}, "k is 6 but the index holds 5 images; ask for 1 to 5"),
        ({"k": 101}, "k is 101 but the server finds 100 at most; ask for fewer"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(server, parameters, sentence):
    assert refused(search(server, 0, **parameters)) == sentence


def test_an_embedding_of_another_encoder_is_a_conflict(server, grpc):
    sentence = f"the embedding is another encoder's than this release's ({ENCODER.digest}); encode the image again"
    assert refused(search(server, 0, encoder="d" * 64), 409) == sentence
    parameters = {"encoder": "d" * 64}
    answer = grpc(grpc_client.infer, "search", [("embedding", "FP32", at(0))], parameters)
    assert answer == ("StatusCode.FAILED_PRECONDITION", sentence)


def test_the_index_tells_what_can_be_found(server):
    answer = index(server)
    release = httpx.get(f"http://{server.http}/release").json()
    assert answer["release"] == release["digest"]
    assert answer["encoder"] == ENCODER.digest
    assert (answer["images"], answer["sealed"], answer["journal"]) == (5, 5, True)
    assert answer["columns"] == ["image_id", "uri", "label", "subset", "shop"]


def test_labels_come_with_their_counts_the_most_frequent_first(server):
    add(server, entry("x", 80, label="lamp"))
    answer = httpx.get(f"http://{server.http}/index/labels").json()
    assert answer["labels"] == [{"label": "lamp", "images": 3}, {"label": "mug", "images": 2}]
    assert answer["of"] == 2


def test_an_added_image_is_found_by_itself(server):
    answer = server.post("/index", json={"entries": [{"b64": B64, "label": "blocks", "columns": {"shop": 9}}]})
    assert answer.json()["ids"] == [SHA]
    assert (answer.json()["added"], answer.json()["replaced"]) == (1, 0)
    body = {"instances": [{"b64": B64}], "parameters": {"k": 1, "filter": {"shop": 9}}}
    (row,) = server.post("/v1/models/search:predict", json=body).json()["predictions"]
    assert (row["ids"], row["labels"], row["vote"]) == ([SHA], ["blocks"], "blocks")
    assert row["scores"] == [pytest.approx(1)]


def test_images_and_embeddings_can_be_added_at_once(server):
    answer = add(server, entry("x", 30), {"id": "y", "b64": B64}, entry("z", 90, uri="z.jpg"))
    assert answer.json()["ids"] == ["x", "y", "z"]
    first, last = found(server, 30, 90, k=1)
    assert (first["ids"], last["ids"], last["uris"]) == (["x"], ["z"], ["z.jpg"])


def test_to_add_twice_is_to_add_once(server):
    assert add(server, entry("x", 30)).json()["added"] == 1
    again = add(server, entry("x", 30), entry("a", 50)).json()
    assert (again["added"], again["replaced"]) == (0, 2)
    assert index(server)["images"] == 6


def test_removed_entries_are_not_found(server):
    add(server, entry("x", 30))
    answer = remove(server, "x", "a", "nobody", "a").json()
    assert (answer["removed"], answer["unknown"]) == (2, ["nobody"])
    (row,) = found(server, 0, k=2)
    assert row["ids"] == ["b", "c"]
    assert remove(server, "x", "a").json()["unknown"] == ["x", "a"]


def test_one_bad_entry_keeps_the_others_out(server):
    broken = base64.b64encode(b"no image").decode()
    answer = add(server, entry("x", 30), {"b64": B64}, {"b64": broken})
    assert "is not an image" in refused(answer)
    assert index(server)["images"] == 5


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"entries": [entry("x", 1)]}, "an embedding needs the parameter encoder: the digest that"),
        ({"entries": []}, "the request is malformed: entries: List should have at least 1 item"),
        ({"entries": [{"id": "x"}]}, "the request is malformed: entries.0: an entry needs b64 or embedding"),
        ({"entries": [{"embedding": [1.0]}]}, "the request is malformed: entries.0: an entry with an embedding needs"),
        ({"entries": [{"b64": B64, "id": ""}]}, "the request is malformed: entries.0.id: String should have at least"),
        ({"entries": [{"b64": B64, "labels": "x"}]}, "the request is malformed: entries.0: Extra inputs are"),
        ({"entries": [{"b64": "?"}]}, "image 1 is not base64; send the base64 of the image file's bytes"),
        (
            {"entries": [{"b64": B64, "columns": {"label": "x"}}]},
            "the request is malformed: entries.0.columns: image_id, uri and label have fields of their own",
        ),
        ({"entries": [{"b64": B64}] * 21}, "the request holds 21 entries but the server takes 20 at once; send them"),
        (
            {"entries": [entry("x", 1), {"id": "y", "embedding": [1.0]}], "encoder": ENCODER.digest},
            "an embedding must be a list of numbers, all of one length",
        ),
        (
            {"entries": [{"id": "y", "embedding": [2.0] * 48}], "encoder": ENCODER.digest},
            "an embedding is not of unit length; send it as the encoder answered it",
        ),
    ],
)
def test_entries_that_are_malformed_are_refused(server, body, sentence):
    answer = server.post("/index", json=body)
    assert refused(answer).startswith(sentence)
    assert B64 not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"entries": 3}', b"\xff", b"[" * 300])
def test_what_is_no_request_to_add_is_refused(server, content):
    answer = server.post("/index", content=content, headers={"Content-Type": "application/json"})
    assert refused(answer).startswith("the request is malformed")


@pytest.mark.parametrize("path", ["/index", "/index/remove", "/release"])
def test_a_page_of_another_place_changes_nothing(server, path):
    body, elsewhere = b'{"ids": ["a"]}', {"Origin": "https://elsewhere.example", "Content-Type": "application/json"}
    assert refused(server.post(path, content=body, headers=elsewhere), 403) == (
        "a web page of another place asks for this change; send it from this server's own page"
    )
    assert refused(server.post(path, content=body, headers={"Content-Type": "text/plain"}), 415) == (
        "the content type of this request is not application/json; send the header Content-Type: application/json"
    )
    assert "a" in found(server, 0)[0]["ids"]


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": [1]}, {"ids": ["a"], "encoder": "b"}, []])
def test_what_is_no_request_to_remove_is_refused(server, body):
    assert refused(server.post("/index/remove", json=body)).startswith("the request is malformed")


def test_entries_of_another_encoder_are_not_added(server):
    sentence = f"the embedding is another encoder's than this release's ({ENCODER.digest}); encode the image again"
    assert refused(add(server, entry("x", 1), encoder="d" * 64), 409) == sentence


def test_the_entries_of_the_encoder_in_service_are_not_forgotten(server):
    answer = server.post("/index/remove", json={"encoder": ENCODER.digest})
    assert refused(answer) == "the entries of the encoder in service are removed by their ids; send ids"
    assert server.post("/index/remove", json={"encoder": "d" * 64}).json()["removed"] == 0


def test_all_that_was_kept_is_there_after_kill_9(start, tmp_path):
    folder, journal = sealed(tmp_path), str(tmp_path / "journal")
    first = start(folder, "--journal", journal)
    add(first, entry("x", 5, label="new"))
    remove(first, "a")
    first.process.kill()
    first.process.wait()
    second = start(folder, "--journal", journal)
    (row,) = found(second, 0, k=2)
    assert (row["ids"], row["labels"]) == (["x", "b"], ["new", "mug"])


def test_a_journal_holds_as_many_entries_as_the_server_was_told(start, tmp_path):
    server = start(sealed(tmp_path), "--journal", str(tmp_path / "journal"), "--most-entries", "2")
    assert index(server)["most_entries"] == 2
    assert add(server, entry("x", 1), entry("y", 2)).is_success
    sentence = "the journal holds 2 of 2 entries and has no room for these; remove some, start the server with a larger"
    assert refused(add(server, entry("z", 3)), 409).startswith(f"{sentence} --most-entries, or")
    assert index(server)["added"] == 2


def test_an_index_without_a_journal_is_not_changed(start, tmp_path):
    server = start(sealed(tmp_path))
    sentence = "the index of this server cannot be changed; start it with --journal FOLDER"
    assert refused(add(server, entry("x", 1)), 403) == sentence
    assert refused(remove(server, "a"), 403) == sentence
    assert index(server)["journal"] is False
