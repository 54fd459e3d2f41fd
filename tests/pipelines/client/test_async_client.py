"""The client on asyncio answers what the other one does; its tests are those that could differ."""

import asyncio
import inspect

import numpy as np
import pytest

from lookalike.client.service import AsyncClient, Client, ServiceError
from lookalike_components.errors import UserError


def asked(client, question):
    """What ``question`` of an asynchronous client of the same server answers."""

    async def ask():
        async with AsyncClient(client.url) as asking:
            return await question(asking)

    return asyncio.run(ask())


def test_both_clients_have_the_same_methods_with_the_same_arguments():
    def methods(kind):
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: [*inspect.signature(method).parameters] for name, method in found if not name.startswith("_")}

    assert methods(AsyncClient) == {**methods(Client), "release": ["self"]}
    assert inspect.signature(AsyncClient) == inspect.signature(Client)


def test_embeddings_are_the_same_over_several_requests(client, pictures):
    counts = []
    found = asked(client, lambda asking: asking.encode(pictures * 4, progress=counts.append))
    np.testing.assert_array_equal(found, client.encode(pictures * 4))
    assert sum(counts) == 160


def test_neighbours_are_the_same(client, pictures):
    found = asked(client, lambda asking: asking.search(pictures, k=3, exclude=["picture-3"]))
    assert found == client.search(pictures, k=3, exclude=["picture-3"])
    embeddings = client.embed(pictures)
    assert asked(client, lambda asking: asking.search_vectors(embeddings, k=3)) == client.search(pictures, k=3)


def test_a_broken_image_in_a_later_request_tells_where_counting_starts(client, pictures):
    with pytest.raises(ServiceError) as error:
        asked(client, lambda asking: asking.encode([*pictures, b"nonsense"]))
    assert str(error.value) == f"{client.url} refused: image 9 is not an image; send another (counted from image 33)"


def test_no_images_are_the_users_fault(client):
    with pytest.raises(UserError, match="there are no images"):
        asked(client, lambda asking: asking.encode([]))


def test_what_is_served_can_be_looked_up(client):
    assert asked(client, lambda asking: asking.ready())
    assert asked(client, lambda asking: asking.release()) == client.release
    assert asked(client, lambda asking: asking.index()) == client.index()
    assert asked(client, lambda asking: asking.labels()) == client.labels()


def test_a_busy_server_is_asked_again(scripted):
    scripted.answers = [(429, {"Retry-After": "0"}, b""), (200, {}, b'{"digest": "d"}')]
    assert asked(scripted, lambda asking: asking.release()) == "d"
    assert len(scripted.requests) == 2
