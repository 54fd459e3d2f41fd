from tiny_release import blocks

from lookalike.client.index.removing import Removed, remove_all
from lookalike.client.service import Entry


def removed(client, ids):
    outcome = Removed()
    remove_all(client, ids, outcome)
    return outcome


def test_entries_are_removed_once_and_the_unknown_are_named(client, added):
    client.add([Entry(image=blocks(number), id=f"mug-{number}") for number in range(3)])
    outcome = removed(client, ["mug-0", "nobody", "mug-2", "mug-0"])
    assert (outcome.removed, outcome.unknown) == (2, ["nobody"])
    assert list(added()) == ["mug-1"]


def test_the_same_again_is_no_failure(client):
    client.add([Entry(image=blocks(0), id="mug-0")])
    assert removed(client, ["mug-0"]).removed == 1
    assert removed(client, ["mug-0"]) == Removed(0, ["mug-0"])


def test_more_ids_than_a_request_holds_are_several_requests(client):
    ids = [f"nobody-{number}" for number in range(2_500)]
    assert removed(client, ids).unknown == ids


def test_no_ids_are_no_request(client):
    assert removed(client, []) == Removed()
