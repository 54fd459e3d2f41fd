"""Token, certificates and the journal, on a server that wants them all."""

import httpx
import numpy as np
import pytest

from lookalike.client.service import Client, Entry, Patience, ServiceError
from lookalike_components.errors import UserError

ONCE = Patience(seconds=0)


def test_with_token_and_certificate_a_server_answers(guarded, release, pictures):
    with guarded.client() as client:
        np.testing.assert_array_equal(client.encode(pictures), release.encode(pictures))


def test_a_probe_needs_no_token(guarded):
    assert Client(guarded.url, ca_file=guarded.ca_file).ready()


def test_without_a_token_the_servers_sentence_says_what_to_send(guarded, monkeypatch):
    monkeypatch.delenv("LOOKALIKE_TOKEN", raising=False)
    with pytest.raises(ServiceError) as error:
        _ = Client(guarded.url, ca_file=guarded.ca_file).release
    assert str(error.value).startswith(f"{guarded.url} refused: this server asks for a token; ")
    assert (error.value.status, error.value.exit_code) == (401, 2)


def test_the_token_may_be_in_the_environment(guarded, monkeypatch, release):
    monkeypatch.setenv("LOOKALIKE_TOKEN", guarded.token_file.read_text().strip())
    assert Client(guarded.url, ca_file=guarded.ca_file).release == release.manifest.digest


def test_a_certificate_of_somebody_unknown_is_not_trusted(guarded):
    with pytest.raises(ServiceError, match="CERTIFICATE_VERIFY_FAILED"):
        _ = Client(guarded.url, token_file=guarded.token_file, patience=ONCE).release


def test_a_token_file_is_read_for_each_request(scripted, tmp_path):
    scripted.answers = [(200, {}, b'{"digest": "d"}')]
    path = tmp_path / "token"
    path.write_text("one\n")
    with Client(scripted.url, token_file=path) as client:
        _ = client.release
        path.write_text("two\n")
        _ = client.release
    assert [headers["Authorization"] for _, headers in scripted.requests] == ["Bearer one", "Bearer two"]


def test_without_a_token_no_header_is_sent(scripted, monkeypatch):
    monkeypatch.delenv("LOOKALIKE_TOKEN", raising=False)
    scripted.answers = [(200, {}, b'{"digest": "d"}')]
    _ = Client(scripted.url).release
    assert "Authorization" not in scripted.requests[0][1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(None, "cannot be read: No such file or directory"), ("\n", "holds no token; write it anew")],
)
def test_a_token_file_without_a_token_is_the_users_fault(tmp_path, text, sentence):
    path = tmp_path / "token"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError) as error:
        Client(token_file=path)
    assert str(error.value) == f"the token file {path} {sentence}"


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_the_users_fault(tmp_path, text):
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=r"^the certificates in .* cannot be read \(.+\); pass a PEM file"):
        Client(ca_file=path)


def test_entries_are_added_found_replaced_and_removed(guarded, pictures):
    vase = pictures[3][:-2] + b"\x00\xff\xd9"  # another file with the same pixels
    with guarded.client() as client:
        before = client.index()["images"]
        entry = Entry(image=vase, id="vase-1", label="vase", uri="vase.jpg", columns={"shop": 3})
        (change,) = client.add([entry])
        assert (change.ids, change.added, change.replaced) == (["vase-1"], 1, 0)
        assert client.index()["images"] == before + 1
        (found,) = client.search([vase], k=1, filter={"shop": 3})
        assert (found[0].id, found[0].label, found[0].uri) == ("vase-1", "vase", "vase.jpg")
        assert client.add([entry])[0].replaced == 1
        removed = client.remove(["vase-1", "nowhere"])
        assert (removed.removed, removed.unknown) == (1, ["nowhere"])
        assert client.index()["images"] == before


def test_entries_may_be_vectors_and_come_in_several_requests(guarded, pictures):
    with guarded.client() as client:
        embeddings = client.embed(pictures)
        entries = [Entry(vector=vector, id=f"vector-{n}") for n, vector in enumerate(embeddings.vectors)]
        changes = client.add(entries, encoder=embeddings.encoder)
        assert [change.added for change in changes] == [32, 8]
        assert client.remove([entry.id for entry in entries]).removed == 40


def test_vectors_of_another_encoder_are_not_added(guarded, pictures):
    with guarded.client() as client, pytest.raises(ServiceError) as error:
        client.add([Entry(vector=client.encode(pictures[:1])[0], id="x")], encoder="0" * 64)
    assert error.value.status == 409


def test_an_index_without_a_journal_cannot_be_changed(client, pictures):
    with pytest.raises(ServiceError, match="--journal") as error:
        client.add([Entry(image=pictures[0])])
    assert error.value.status == 403


def test_an_entry_without_a_picture_is_the_users_fault(client):
    with pytest.raises(UserError) as error:
        client.add([Entry(id="x")])
    assert str(error.value) == "entry 1 needs an image or a vector, and not both; pass one of them"


def test_a_path_names_where_an_entry_came_from(guarded, pictures, tmp_path):
    path = tmp_path / "cup.jpg"
    path.write_bytes(pictures[5])
    with guarded.client() as client:
        (change,) = client.add([Entry(image=path, id="cup")])
        found = client.search([path], k=2, filter={"label": None})[0]
        client.remove(change.ids)
    assert [match.uri for match in found] == [str(path)]


def test_httpx_reaches_the_same_server_with_the_header_alone(guarded):
    headers = {"Authorization": f"Bearer {guarded.token_file.read_text().strip()}"}
    import ssl

    trusted = ssl.create_default_context(cafile=str(guarded.ca_file))
    assert httpx.get(f"{guarded.url}/release", headers=headers, verify=trusted).is_success
    assert httpx.get(f"{guarded.url}/release", verify=trusted).status_code == 401
