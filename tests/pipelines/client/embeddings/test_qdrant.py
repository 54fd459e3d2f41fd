"""Against the local mode of qdrant-client, which is no engine but a re-implementation in Python.

Where ``LOOKALIKE_TEST_QDRANT`` names a server, the same tests run against that real engine too.
"""

import os
import uuid
from contextlib import contextmanager

import numpy as np
import pytest
from qdrant_client import QdrantClient

from lookalike.client.embeddings.pushing import push
from lookalike.client.embeddings.sinks import qdrant
from lookalike.client.embeddings.sinks.qdrant import QdrantSink, point_id
from lookalike.client.embeddings.table import Origin
from lookalike_components.errors import UserError

from .conftest import ORIGIN, unit_vectors

SERVER = os.environ.get("LOOKALIKE_TEST_QDRANT", "")
POINT_OF_A_0 = "f455d831-3641-59a3-8c22-858cc3595344"
LOCAL_WARNING = "ignore:Payload indexes have no effect in the local Qdrant:UserWarning"


@pytest.fixture(
    params=[
        pytest.param("", id="local mode"),
        pytest.param(
            SERVER,
            id="engine",
            marks=pytest.mark.skipif(not SERVER, reason="LOOKALIKE_TEST_QDRANT names no server of Qdrant"),
        ),
    ]
)
def client(request, monkeypatch):
    """Qdrant's own client of the place that `push` writes to."""
    opened = QdrantClient(url=request.param) if request.param else QdrantClient(":memory:")

    @contextmanager
    def connected(_url, collection):
        yield QdrantSink(opened, collection)

    if not request.param:
        monkeypatch.setattr(qdrant, "connected", connected)
    yield opened
    opened.close()


@pytest.fixture
def collection(client):
    name = f"test-{uuid.uuid4().hex}"
    yield name
    client.delete_collection(name)


def points(client, collection):
    found, _ = client.scroll(collection, limit=10_000, with_vectors=True)
    return {point.payload["image_id"]: point for point in found}


@pytest.mark.filterwarnings(LOCAL_WARNING)
class TestPushing:
    def test_every_embedding_becomes_a_point_with_what_is_known_of_its_picture(self, client, collection, write):
        assert push(write(5), "qdrant", SERVER, collection) == 5
        found = points(client, collection)
        assert found["a-3"].payload == {
            "image_id": "a-3",
            "picture": "a-3.jpg",
            "label": "mug",
            "shop": 3,
            "encoder": ORIGIN.encoder,
        }
        assert found["a-0"].payload["label"] is None
        vectors = np.array([found[f"a-{number}"].vector for number in range(5)], np.float32)
        np.testing.assert_allclose(vectors, unit_vectors(5), atol=1e-6)

    def test_the_same_again_changes_nothing_and_new_vectors_replace_the_old(self, client, collection, write):
        push(write(5), "qdrant", SERVER, collection)
        push(write(5), "qdrant", SERVER, collection)
        push(write(3, seed=1), "qdrant", SERVER, collection)
        found = points(client, collection)
        assert len(found) == 5
        np.testing.assert_allclose(found["a-2"].vector, unit_vectors(3, seed=1)[2], atol=1e-6)
        np.testing.assert_allclose(found["a-4"].vector, unit_vectors(5)[4], atol=1e-6)

    def test_the_nearest_point_is_that_of_the_cosine(self, client, collection, write):
        push(write(1_500), "qdrant", SERVER, collection)
        (nearest,) = client.query_points(collection, unit_vectors(1_500)[7].tolist(), limit=1).points
        assert nearest.payload["image_id"] == "a-7"
        assert nearest.score == pytest.approx(1, abs=1e-5)

    def test_embeddings_of_another_encoder_are_refused(self, client, collection, write):
        push(write(2), "qdrant", SERVER, collection)
        with pytest.raises(UserError) as error:
            push(write(2, Origin("0" * 64, "f" * 64, ORIGIN.dimension)), "qdrant", SERVER, collection)
        assert str(error.value) == (
            f"the collection {collection} holds embeddings of the encoder eeeeeeeeeeee, which cannot be compared with "
            "those of 000000000000; pass another --collection"
        )

    def test_a_collection_for_vectors_of_another_length_is_refused(self, client, collection, write):
        push(write(2), "qdrant", SERVER, collection)
        with pytest.raises(UserError, match="is not for vectors of 4 numbers with cosine distance"):
            push(write(2, Origin("e" * 64, "f" * 64, 4)), "qdrant", SERVER, collection)


def test_a_picture_has_one_point_for_ever():
    assert point_id("a-0") == POINT_OF_A_0
    assert point_id("a-1") != POINT_OF_A_0


@pytest.mark.parametrize(("status", "exit_code"), [(403, 2), (500, 1)])
def test_a_refusal_of_the_server_is_one_sentence(scripted, write, status, exit_code):
    scripted.answers = [(status, {}, b'{"status": {"error": "forbidden"}}')]
    with pytest.raises(Exception, match=rf"^Qdrant at {scripted.url} refused \({status}\): ") as error:
        push(write(), "qdrant", scripted.url)
    assert error.value.exit_code == exit_code


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")
def test_the_key_is_sent_from_the_environment(scripted, write, monkeypatch):
    monkeypatch.setenv("QDRANT_API_KEY", "key")
    scripted.answers = [(403, {}, b"{}")]
    with pytest.raises(UserError):
        push(write(), "qdrant", scripted.url)
    assert {name.lower(): value for name, value in scripted.requests[0][1].items()}["api-key"] == "key"
