import subprocess
import sys

import numpy as np
import pytest

from lookalike.client.service import Client, Embeddings, Match, ServiceError, matches_of, serving
from lookalike_components.errors import UserError

NOBODY = "http://127.0.0.1:9"


def test_embeddings_are_the_releases_own_over_several_requests(client, release, pictures):
    embeddings = client.encode(pictures)
    assert embeddings.dtype == np.float32
    np.testing.assert_array_equal(embeddings, release.encode(pictures))


def test_images_may_be_bytes_or_paths(client, pictures, tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(pictures[0])
    first, second, third = client.encode([pictures[0], path, str(path)])
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


def test_an_image_of_the_index_finds_itself_first(client, pictures):
    ((match,),) = client.search([pictures[7]], k=1)
    assert match == Match("picture-7", "picture-7.jpg", "noise", match.score)
    assert match.score == pytest.approx(1, abs=1e-6)


def test_neighbours_are_those_of_the_release_over_several_requests(client, release, pictures):
    assert client.search(pictures, k=3) == matches_of(release.search(release.encode(pictures), 3))


def test_the_server_names_the_release_that_it_serves(client, release):
    assert client.release == release.manifest.digest


def test_a_server_is_ready_and_nobody_is_not(client):
    assert client.ready()
    assert not Client(NOBODY).ready()


def test_a_broken_image_is_one_sentence(client, pictures):
    with pytest.raises(ServiceError) as error:
        client.encode([pictures[0], b"nonsense"])
    assert str(error.value) == f"{client.url} refused: image 2 is not an image; send another"


def test_a_broken_image_in_a_later_request_tells_where_counting_starts(client, pictures):
    with pytest.raises(ServiceError) as error:
        client.encode([*pictures, b"nonsense"])
    sentence = f"{client.url} refused: image 9 is not an image; send another (counted from image 33)"
    assert str(error.value) == sentence


def test_a_k_beyond_the_index_is_one_sentence(client, pictures):
    with pytest.raises(ServiceError) as error:
        client.search(pictures[:1], k=41)
    assert str(error.value).startswith(f"{client.url} refused: k is 41 but the index holds 40 images")


def test_a_missing_file_is_the_users_fault(client):
    with pytest.raises(UserError) as error:
        client.encode(["nowhere.jpg"])
    sentence = "nowhere.jpg cannot be read (No such file or directory); pass the path of an image file"
    assert str(error.value) == sentence


def test_no_images_are_the_users_fault(client):
    with pytest.raises(UserError) as error:
        client.search([])
    assert str(error.value) == "there are no images; pass at least one"


def test_nobody_there_is_one_sentence(pictures):
    with pytest.raises(ServiceError) as error:
        Client(NOBODY).encode(pictures[:1])
    assert str(error.value).startswith(f"no answer from {NOBODY} (")
    assert str(error.value).endswith("); is the server running?")


def test_a_page_that_is_no_server_of_ours_is_named_by_its_status(scripted):
    scripted.answers = [(404, {}, b"<html>")]
    with pytest.raises(ServiceError) as error:
        _ = Client(scripted.url).release
    assert str(error.value) == f"{scripted.url} refused: status 404 Not Found"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"outputs": []}', b"\xff"])
def test_an_answer_that_is_none_of_ours_is_one_sentence(scripted, pictures, body):
    scripted.answers = [(200, {}, body)]
    with pytest.raises(ServiceError) as error:
        Client(scripted.url).encode(pictures[:1])
    assert str(error.value) == f"{scripted.url} answers as no server of lookalike does; is the address right?"


def test_an_address_without_a_scheme_is_the_users_fault():
    with pytest.raises(UserError) as error:
        Client("localhost:8080")
    assert str(error.value) == "localhost:8080 is no address of a server; write http://HOST:PORT or https://HOST"


def test_a_refusal_of_the_request_is_the_users_fault_and_a_busy_server_is_not():
    assert [ServiceError("", status).exit_code for status in (0, 400, 401, 409, 413, 429, 503)] == [1, 2, 2, 2, 2, 1, 1]


def test_embeddings_name_what_made_them_and_can_be_searched(client, release, pictures):
    embeddings = client.embed(pictures)
    assert (embeddings.encoder, embeddings.release) == (release.manifest.encoder.digest, release.manifest.digest)
    assert client.search_vectors(embeddings, k=3) == client.search(pictures, k=3)


def test_embeddings_of_another_encoder_are_refused(client, pictures):
    ours = client.embed(pictures[:1])
    with pytest.raises(ServiceError, match="another encoder's") as error:
        client.search_vectors(Embeddings(ours.vectors, "0" * 64, ours.release))
    assert error.value.status == 409


def test_neighbours_vote_on_a_label(client, pictures):
    (neighbours,) = client.search(pictures[:1], k=4)
    assert neighbours.label == "noise"
    assert neighbours.share == pytest.approx(1)


def test_a_filter_and_exclusions_leave_fewer_neighbours(client, pictures):
    (found,) = client.search(pictures[7:8], k=2, exclude=["picture-7"])
    assert "picture-7" not in [match.id for match in found]
    assert client.search(pictures[7:8], k=2, exclude="picture-7") == [found]
    assert client.search(pictures[7:8], k=2, filter={"label": ["vase"]}) == [[]]


def test_progress_counts_every_image(client, pictures):
    counts = []
    client.encode(pictures, progress=counts.append)
    assert counts == [32, 8]


def test_the_manifest_and_the_index_can_be_looked_up(client, release):
    assert client.manifest() == release.manifest.model_dump(mode="json")
    assert client.index()["images"] == 40
    assert client.labels() == {"noise": 40}


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ServiceError) as error, serving(tmp_path):
        pass
    assert str(error.value) == (
        f"the server did not start: {tmp_path} is not a release (it has no manifest.json); "
        "pass the release folder of a finished run"
    )


def test_the_server_is_gone_after_the_with_block(release_folder):
    with serving(release_folder) as client:
        url = client.url
    assert not Client(url).ready()


def test_the_client_loads_nothing_heavy():
    heavy = {"torch", "kfp", "kserve", "faiss", "onnxruntime", "pandas"}
    code = f"import sys, lookalike.client.service; print(*{heavy} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
