"""Pictures into the index of a real server."""

import hashlib

import pytest
from tiny_release import blocks

from lookalike.client.index.adding import Adding
from lookalike.client.index.pictures import listed_pictures, open_pictures
from lookalike.client.index.presence import Presence
from lookalike.client.service import Client, Entry, ServiceError


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add(client, *names, label=None, columns=(), told=lambda _: None, progress=lambda _: None):
    columns = dict(columns)
    with open_pictures([str(name) for name in names]) as source:
        pictures = listed_pictures(source, str(names[0]), label, columns)
        adding = Adding(client, source, Presence(client, columns), lambda *refusal: told(refusal), progress)
        return adding.add(pictures)


def counts(outcome):
    return outcome.added, outcome.replaced, outcome.there, outcome.copies, len(outcome.refused)


@pytest.fixture
def sending(client, monkeypatch):
    """How many entries each request brings."""
    sizes = []
    add = Client.add
    monkeypatch.setattr(Client, "add", lambda self, entries: sizes.append(len(entries)) or add(self, entries))
    return sizes


def test_a_picture_is_known_by_its_bytes_and_its_place(client, added, photos):
    outcome = add(client, photos)
    assert counts(outcome) == (5, 0, 0, 0, 0)
    labels = {
        "bowl/1.jpg": "bowl",
        "bowl/2.jpg": "bowl",
        "top.jpg": "",
        "vase/1.jpg": "vase",
        "vase/blue/1.jpg": "blue",
    }
    assert added() == {sha256(photos / name): (f"{photos}/{name}", label) for name, label in labels.items()}
    assert outcome.ids == {f"{photos}/{name}": sha256(photos / name) for name in labels}


def test_what_is_there_is_not_sent_again(client, added, photos, sending):
    add(client, photos)
    before = added()
    (photos / "new.jpg").write_bytes(blocks(200))
    outcome = add(client, photos)
    assert counts(outcome) == (1, 0, 5, 0, 0)
    assert sending == [5, 1]
    assert added() == before | {sha256(photos / "new.jpg"): (f"{photos}/new.jpg", "")}
    assert len(outcome.ids) == 6


def test_a_picture_of_the_release_is_there_already(client, added, tmp_path, pictures):
    (tmp_path / "picture.jpg").write_bytes(pictures[7])
    client.add([Entry(image=pictures[7], id="picture-7", uri="elsewhere.jpg", label="noise")])
    assert counts(add(client, tmp_path)) == (1, 0, 0, 0, 0)  # this release's ids are no digests
    assert list(added()) == [hashlib.sha256(pictures[7]).hexdigest()]


def test_another_label_or_place_replaces_an_entry(client, added, photos):
    add(client, photos)
    assert counts(add(client, photos / "bowl", label="dish")) == (0, 2, 0, 0, 0)
    (photos / "top.jpg").rename(photos / "high.jpg")
    assert counts(add(client, photos / "high.jpg")) == (0, 1, 0, 0, 0)
    assert {label for _, label in added().values()} == {"dish", "vase", "blue", ""}
    assert added()[sha256(photos / "high.jpg")] == (f"{photos}/high.jpg", "")


def test_columns_belong_to_what_is_there(client, added, photos):
    columns = {"shop": 3, "season": "winter"}
    assert counts(add(client, photos / "bowl", columns=columns)) == (2, 0, 0, 0, 0)
    assert counts(add(client, photos / "bowl", columns=columns)) == (0, 0, 2, 0, 0)
    assert counts(add(client, photos / "bowl", columns={**columns, "shop": 4})) == (0, 2, 0, 0, 0)
    assert len(added(shop=4)) == 2
    assert added(shop=3) == {}


def test_rows_with_columns_of_their_own_are_sent_again(client, added, photos, tmp_path):
    table = tmp_path / "products.csv"
    table.write_text("image,label,shop\nphotos/bowl/1.jpg,bowl,3\nphotos/vase/1.jpg,vase,\n")
    assert counts(add(client, table)) == (2, 0, 0, 0, 0)
    assert counts(add(client, table)) == (0, 1, 1, 0, 0)
    assert added(shop=3) == {sha256(photos / "bowl" / "1.jpg"): (f"{photos}/bowl/1.jpg", "bowl")}


def test_a_picture_that_is_there_twice_counts_once(client, added, photos):
    (photos / "vase" / "copy.jpg").write_bytes((photos / "vase" / "1.jpg").read_bytes())
    (photos / "zoo").mkdir()
    (photos / "zoo" / "1.jpg").write_bytes((photos / "vase" / "1.jpg").read_bytes())
    outcome = add(client, photos)
    assert counts(outcome) == (5, 0, 0, 1, 1)
    reason = f"is the same picture as {photos}/vase/1.jpg with another label or other columns; keep one of the two"
    assert outcome.refused == [(f"{photos}/zoo/1.jpg", reason)]
    assert outcome.ids[f"{photos}/vase/copy.jpg"] == sha256(photos / "vase" / "1.jpg")
    assert added()[sha256(photos / "vase" / "1.jpg")] == (f"{photos}/vase/1.jpg", "vase")
    assert counts(add(client, photos)) == (0, 0, 5, 1, 1)


def test_refusals_are_told_one_by_one_and_copies_share_them(client, photos):
    for name in ("bowl/broken.jpg", "vase/copy.jpg"):
        (photos / name).write_bytes(b"nonsense")
    (photos / "empty.jpg").touch()
    refusals, progress = [], []
    outcome = add(client, photos, told=refusals.append, progress=progress.append)
    assert counts(outcome) == (5, 0, 0, 0, 3)
    assert refusals == outcome.refused
    assert sorted(refusals) == [
        (f"{photos}/bowl/broken.jpg", "is not an image"),
        (f"{photos}/empty.jpg", "is empty"),
        (f"{photos}/vase/copy.jpg", "is not an image"),
    ]
    assert sum(progress) == 8


def test_what_cannot_be_read_is_refused(client, photos):
    outcome = add(client, photos / "gone.jpg", photos / "top.jpg")
    assert counts(outcome) == (1, 0, 0, 0, 1)
    assert outcome.refused == [(f"{photos}/gone.jpg", "does not exist")]


def test_what_a_server_takes_in_no_entry_is_refused_with_its_words(client, photos):
    outcome = add(client, photos / "bowl", label="x" * 600)
    assert counts(outcome) == (0, 0, 0, 0, 2)
    assert {reason for _, reason in outcome.refused} == {"is refused: label: String should have at most 512 characters"}


def test_it_goes_on_where_it_was_stopped(client, added, tmp_path, monkeypatch):
    for number in range(200):
        (tmp_path / f"{number:03}.jpg").write_bytes(blocks(1_000 + number))
    requests = iter(range(3))
    send = Client.add

    def dying(self, entries):
        if next(requests, None) is None:
            raise ServiceError("no answer")
        return send(self, entries)

    with monkeypatch.context() as context:
        context.setattr(Client, "add", dying)
        with pytest.raises(ServiceError):
            add(client, tmp_path)
    assert len(added()) == 3 * 32
    assert counts(add(client, tmp_path)) == (200 - 96, 0, 96, 0, 0)
    assert len(added()) == 200


def test_an_index_that_is_smaller_than_what_is_looked_up_is_looked_into(client, photos, tmp_path):
    """Of more pictures than the index holds, those that are there are found."""
    add(client, photos)
    for number in range(60):
        (photos / f"{number:03}.jpg").write_bytes(blocks(2_000 + number))
    assert counts(add(client, photos)) == (60, 0, 5, 0, 0)
