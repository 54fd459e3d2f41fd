"""One release after another, without a request that fails or an answer that mixes two."""

import base64
import shutil
import signal
import threading
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from circles import at, sealed, table
from tiny_release import ENCODER

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release.runtime import Release
from lookalike_components.serve.collection import Journal
from lookalike_components.serve.collection.changes import Addition, Entry
from lookalike_components.serve.current import Current, Loading

CLIENTS = 6
SWITCHES = 8
OTHER_ENCODER = ENCODER.model_copy(update={"digest": "f" * 64})


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Two releases whose answers tell which one gave them; the second has another encoder."""
    root = tmp_path_factory.mktemp("releases")
    sealed(root, "one", rows=table().assign(label="one"))
    sealed(root, "two", encoder=OTHER_ENCODER, rows=table().assign(label="two"))
    (sealed(root, "damaged", rows=table().assign(label="damaged")) / "index.parquet").write_bytes(b"")
    return root


@pytest.fixture
def current(releases):
    return Current(releases / "one")


def label(current):
    return current.release.collection.search(at(0), 1).labels[0, 0]


def test_another_release_takes_the_place_of_the_first(current, releases):
    first = current.release
    second = current.switch(releases / "two")
    assert second is current.release
    assert (label(current), second.release.manifest.name) == ("two", "two")
    assert first.collection.search(at(0), 1).labels[0, 0] == "one"


def test_the_first_one_is_gone_when_its_last_request_is_done(current, releases):
    request = current.release
    collection, release = weakref.ref(request.collection), weakref.ref(request.release)
    current.switch(releases / "two")
    assert release() is not None
    del request
    assert (release(), collection()) == (None, None)


def test_a_release_that_is_in_service_is_not_loaded_again(current, releases, tmp_path):
    before = current.release
    assert current.switch(shutil.copytree(releases / "one", tmp_path / "copy")) is before


@pytest.mark.parametrize(("name", "error"), [("damaged", LookalikeError), ("nothing", UserError)])
def test_what_cannot_be_loaded_leaves_the_first_one_in_service(current, releases, name, error):
    before = current.release
    with pytest.raises(error):
        current.switch(releases / name)
    assert current.release is before


def test_a_release_that_cannot_encode_is_not_put_in_service(releases):
    class Broken(Release):
        def encode_pixels(self, pixels):
            raise LookalikeError("no")

    current = Current(releases / "one", lambda folder: (Release if folder.name == "one" else Broken).open(folder))
    with pytest.raises(LookalikeError):
        current.switch(releases / "two")
    assert label(current) == "one"


def test_only_one_release_is_loaded_at_a_time(releases):
    loading, go_on = threading.Event(), threading.Event()

    def slowly(folder):
        if folder.name == "two":
            loading.set()
            go_on.wait(30)
        return Release.open(folder)

    current = Current(releases / "one", slowly)
    with ThreadPoolExecutor(1) as executor:
        switching = executor.submit(current.switch, releases / "two")
        loading.wait(30)
        with pytest.raises(Loading) as error:
            current.switch(releases / "two")
        assert label(current) == "one"
        go_on.set()
        assert switching.result(30) is current.release
    assert str(error.value) == "another release is being loaded; wait until it is in service and try again"


def test_what_is_added_while_a_release_is_loaded_is_found_in_it(releases, tmp_path):
    loading, go_on = threading.Event(), threading.Event()

    def slowly(folder):
        release = Release.open(folder)
        if folder.name == "later":
            loading.set()
            go_on.wait(30)
        return release

    later = sealed(tmp_path, "later", rows=table().assign(label="later"))
    current = Current(releases / "one", slowly, Journal.open(tmp_path / "journal"))
    with ThreadPoolExecutor(1) as executor:
        switching = executor.submit(current.switch, later)
        loading.wait(30)
        current.journal.commit(Addition(ENCODER.digest, (Entry("x", label="new"),), at(0))).result(30)
        go_on.set()
        switching.result(30)
    found = current.release.collection.search(at(0), 2)
    assert (set(found.ids[0]), found.labels[0].tolist()) == ({"a", "x"}, ["later", "new"])
    current.close()


def ask(server, client, seen):
    """One search by an image; gives status and whether the answer is of one release."""
    answer = client.post(f"http://{server.http}/v1/models/search:predict", json=seen["body"])
    if answer.status_code != 200:
        return answer.status_code, answer.text
    body = answer.json()
    labels = {label for prediction in body["predictions"] for label in prediction["labels"]}
    return 200, labels == {seen["names"][body["release"]]}


@pytest.fixture(scope="module")
def link(releases, tmp_path_factory):
    """What the server was started with: a symlink."""
    link = tmp_path_factory.mktemp("link") / "release"
    link.symlink_to(releases / "one")
    return link


@pytest.fixture(scope="module")
def one_server(start, releases, link):
    return start(link, "--releases", str(releases))


@pytest.fixture
def server(one_server):
    """A server with release one in service."""
    switch(one_server, "one")
    return one_server


def switch(server, folder):
    return server.post("/release", json={"folder": folder}, timeout=60)


def in_service(server):
    return httpx.get(f"http://{server.http}/release").json()["name"]


def test_no_request_fails_while_releases_are_switched_under_load(server, releases, pictures):
    names = {Release.open(releases / name).manifest.digest: name for name in ("one", "two")}
    instances = [{"b64": base64.b64encode(picture).decode()} for picture in pictures[:2]]
    asked = {"body": {"instances": instances, "parameters": {"k": 5}}, "names": names}
    stop, outcomes = threading.Event(), Counter()

    def client():
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                outcomes[ask(server, client, asked)] += 1

    with ThreadPoolExecutor(CLIENTS) as executor:
        under_way = [executor.submit(client) for _ in range(CLIENTS)]
        answers = [switch(server, ("two", "one")[number % 2]) for number in range(SWITCHES)]
        stop.set()
        for one in under_way:
            one.result()
    assert [answer.status_code for answer in answers] == [200] * SWITCHES
    assert [answer.json()["name"] for answer in answers] == ["two", "one"] * (SWITCHES // 2)
    assert set(outcomes) == {(200, True)}
    assert sum(outcomes.values()) > CLIENTS


def test_a_switch_names_the_release_and_the_one_before(server, releases):
    before = httpx.get(f"http://{server.http}/release").json()["digest"]
    answer = switch(server, "two").json()
    assert answer["previous"] == before
    assert answer["release"] == httpx.get(f"http://{server.http}/release").json()["digest"]
    assert (answer["name"], answer["encoder"]) == ("two", OTHER_ENCODER.digest)


def test_embeddings_of_the_release_before_are_a_conflict_after_the_switch(server):
    switch(server, "two")
    body = {"instances": [{"embedding": at(0)[0].tolist()}], "parameters": {"encoder": ENCODER.digest}}
    assert server.post("/v1/models/search:predict", json=body).status_code == 409


@pytest.mark.parametrize(
    "folder", ["nothing", "..", ".", "/etc", "../..", "two/../..", "a\0b", "one/index.faiss", "out", "x" * 300]
)
def test_nothing_outside_of_the_folder_of_releases_is_looked_at(server, releases, tmp_path, folder):
    (releases / "out").unlink(missing_ok=True)
    (releases / "out").symlink_to(tmp_path)
    answer = switch(server, folder)
    assert answer.status_code == 404
    assert answer.json()["error"] == ("there is no such folder beneath the server's --releases; name one that is there")


def test_a_damaged_release_is_refused_and_the_first_one_stays(server):
    answer = switch(server, "damaged")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("index.parquet in the release")
    assert answer.json()["error"].endswith("; the release in service stays")
    assert in_service(server) == "one"


@pytest.mark.parametrize("body", [{}, {"folder": ""}, {"folder": 3}, {"folder": "two", "now": True}])
def test_what_is_no_request_to_switch_is_refused(server, body):
    assert server.post("/release", json=body).status_code == 400


def test_a_server_without_a_folder_of_releases_switches_to_none(start, releases):
    answer = switch(start(releases / "one"), "two")
    assert answer.status_code == 403
    assert answer.json()["error"] == "the release of this server cannot be switched; start it with --releases FOLDER"


def point(link, folder):
    """Moves a symlink on, as one step."""
    draft = link.with_name("draft")
    draft.symlink_to(folder)
    draft.replace(link)


def until(condition):
    for _ in range(10_000):
        if condition():
            return
    pytest.fail("it did not come about")


def test_a_hangup_opens_the_release_again_where_its_symlink_leads_now(server, releases, link):
    point(link, releases / "two")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: in_service(server) == "two")
    point(link, releases / "damaged")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the release in service stays" in server.log.read_text())
    assert in_service(server) == "two"
    assert "Traceback" not in server.log.read_text()
