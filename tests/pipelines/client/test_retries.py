"""Against a real server on loopback that answers as it is told."""

import time
from email.utils import formatdate

import pytest

from lookalike.client.service import Client, Patience, ServiceError
from lookalike.client.service.refusals import seconds_of

BUSY = (429, {}, b'{"error": "512 images wait; try again in 1 s"}')
DONE = (200, {}, b'{"digest": "d"}')


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_asked_again(scripted, status):
    scripted.answers = [(status, {}, b""), (status, {}, b""), DONE]
    assert Client(scripted.url).release == "d"
    assert len(scripted.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500, 501, 507])
def test_what_does_not_is_not(scripted, status):
    scripted.answers = [(status, {}, b"")]
    with pytest.raises(ServiceError) as error:
        _ = Client(scripted.url).release
    assert error.value.status == status
    assert len(scripted.requests) == 1


def test_a_server_is_not_asked_before_it_wants_to_be(scripted):
    scripted.answers = [(429, {"Retry-After": "1"}, b""), DONE]
    began = time.monotonic()
    assert Client(scripted.url).release == "d"
    assert time.monotonic() - began >= 1


def test_patience_ends_before_a_wait_that_is_longer_and_the_sentence_is_the_servers(scripted):
    scripted.answers = [(429, {"Retry-After": "3600"}, BUSY[2])]
    with pytest.raises(ServiceError) as error:
        _ = Client(scripted.url).release
    assert str(error.value) == f"{scripted.url} refused: 512 images wait; try again in 1 s"
    assert error.value.retry_after == 3600
    assert len(scripted.requests) == 1


def test_patience_ends(scripted):
    scripted.answers = [BUSY]
    with pytest.raises(ServiceError):
        _ = Client(scripted.url, patience=Patience(seconds=0.5)).release
    assert 2 <= len(scripted.requests) <= 6


def test_without_patience_a_request_is_sent_once(scripted):
    scripted.answers = [BUSY]
    with pytest.raises(ServiceError):
        _ = Client(scripted.url, patience=Patience(seconds=0)).release
    assert len(scripted.requests) == 1


def test_connections_are_used_again(scripted):
    scripted.answers = [DONE]
    with Client(scripted.url) as client:
        digests = [client.release for _ in range(3)]
        pool = client._http._transport._pool
        assert (digests, len(pool.connections)) == (["d"] * 3, 1)


def test_retry_after_is_seconds_or_a_date():
    assert seconds_of("7") == 7
    assert 8 <= seconds_of(formatdate(time.time() + 10, usegmt=True)) <= 10
    assert seconds_of(formatdate(time.time() - 10, usegmt=True)) == 0
    assert [seconds_of(text) for text in ("", "soon", "-3")] == [0, 0, 0]
