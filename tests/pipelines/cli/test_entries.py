"""``add`` and ``remove`` with a server, as a person types them."""

import hashlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_release import blocks, pictures, pixels, release_folder

from lookalike.cli.app import app
from lookalike.client.service import Client, ServiceError, serving
from lookalike_components.errors import LookalikeError, UserError

__all__ = ["pictures", "pixels", "release_folder"]
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def shared(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(release_folder, ["--journal", str(tmp_path_factory.mktemp("journal"))]) as client:
        yield client


@pytest.fixture
def client(shared: Client) -> Client:
    """Of an index that is as it was sealed."""
    found = shared.search([blocks(0)], k=shared.index()["images"])[0]
    if added := [match.id for match in found if not match.id.startswith("picture-")]:
        shared.remove(added)
    return shared


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two labels with two pictures each, and one picture without."""
    folder = tmp_path / "photos"
    for number, name in enumerate(["bowl/1.jpg", "bowl/2.jpg", "top.jpg", "vase/1.jpg", "vase/2.jpg"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(blocks(100 + number))
    return folder


def command(*arguments) -> list[str]:
    return [sys.executable, "-m", "lookalike", *map(str, arguments)]


def lookalike(*arguments, stdin="", **environment):
    given = {"env": {**os.environ, **environment}, "input": stdin}
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, **given)


@pytest.fixture
def typed(capsys):
    """The same in this process, for what needs none of its own: what is said on stdout."""

    def typed(*arguments) -> str:
        app([str(argument) for argument in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return typed


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_is_added_and_the_same_again_changes_nothing(client, photos):
    (photos / "bowl" / "broken.jpg").write_bytes(b"nonsense")
    (photos / "bowl" / "copy.jpg").write_bytes((photos / "bowl" / "1.jpg").read_bytes())
    run = lookalike("add", photos, "--url", client.url)
    told = "in the index: 6 of 7 pictures (5 added, 1 the same as another, 1 refused)\n"
    assert (run.returncode, run.stdout, run.stderr) == (0, told, f"{photos}/bowl/broken.jpg is not an image\n")
    assert {label: client.labels()[label] for label in ("bowl", "vase")} == {"bowl": 2, "vase": 2}
    before = client.index()
    run = lookalike("add", photos, "--url", client.url)
    told = "in the index: 6 of 7 pictures (5 there already, 1 the same as another, 1 refused)\n"
    assert (run.returncode, run.stdout) == (0, told)
    assert client.index() == before


def test_entries_are_removed_by_arguments_and_by_a_file(client, photos, tmp_path, typed):
    typed("add", photos, "--url", client.url)
    file = tmp_path / "ids.txt"
    file.write_text(f"{sha256(photos / 'top.jpg')}\n\n  nobody\n")
    run = lookalike("remove", sha256(photos / "bowl" / "1.jpg"), "--ids-from", file, "--url", client.url)
    assert (run.returncode, run.stdout, run.stderr) == (0, "2 removed, 1 not there\n", "nobody is not in the index\n")
    assert client.index()["added"] == 3


def test_ids_come_from_another_command(client, photos, typed, monkeypatch):
    typed("add", photos, "--url", client.url)
    ids = "".join(f"{sha256(path)}\n" for path in photos.glob("**/*.jpg"))
    run = lookalike("remove", "--ids-from", "-", "--url", client.url, stdin=2 * ids)
    assert (run.returncode, run.stdout) == (0, "5 removed\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert typed("remove", "--ids-from", "-", "--url", client.url) == "0 removed\n"


def test_a_killed_command_is_taken_up_again(client, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(900):
        (many / f"{number:03}.jpg").write_bytes(blocks(1_000 + number))
    with subprocess.Popen(command("add", many, "--url", client.url), stdout=subprocess.PIPE) as process:
        while not client.index()["added"]:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    before = client.index()["added"]
    assert 0 < before < 900
    told = json.loads(lookalike("add", many, "--url", client.url, "--json").stdout)
    # What was under way when it was killed may be carried out a moment later.
    assert before <= told["there"] < 900
    assert told["there"] + told["added"] + told["replaced"] == client.index()["added"] == 900


def test_a_stopped_command_tells_what_stays(client, tmp_path, monkeypatch, capsys):
    for number in range(200):
        (tmp_path / f"{number:03}.jpg").write_bytes(blocks(5_000 + number))
    requests, add = iter(range(5)), Client.add

    def dying(self, entries):
        if next(requests, None) is None:
            raise ServiceError("no answer")
        return add(self, entries)

    monkeypatch.setattr(Client, "add", dying)
    with pytest.raises(ServiceError):
        app(["add", str(tmp_path), "--url", client.url], standalone_mode=False)
    stopped, rest = capsys.readouterr().err.split(" of 200 pictures in the index; ")
    assert 0 < int(stopped.removeprefix("stopped with ")) <= client.index()["added"] == 160
    assert rest == "they stay so, and the same command goes on from there\n"


def test_a_label_and_columns_are_given_for_single_pictures(client, photos, typed):
    columns = ["--column", "shop=3", "--column", "season=2026-11-28", "--column", "note=[a"]
    told = typed("add", photos / "top.jpg", photos / "vase" / "1.jpg", "--label", "jug", "--url", client.url, *columns)
    assert told == "in the index: 2 of 2 pictures (2 added)\n"
    found = client.search([blocks(0)], filter={"shop": 3, "season": "2026-11-28", "note": "[a"})[0]
    assert {match.label for match in found} == {"jug"}
    shown = typed("search", photos / "top.jpg", "--url", client.url, "--json", *("--filter=season=2026-11-28",))
    assert len(json.loads(shown)) == 2
    told = typed("add", photos / "top.jpg", "--label", "jar", "--url", client.url)
    assert told == "in the index: 1 of 1 pictures (1 replaced)\n"


def test_json_tells_ids_and_reasons(client, photos, typed):
    (photos / "broken.jpg").write_bytes(b"nonsense")
    told = json.loads(typed("add", photos, "--url", client.url, "--json"))
    counts = {name: told[name] for name in ("pictures", "added", "replaced", "there", "copies")}
    assert counts == {"pictures": 6, "added": 5, "replaced": 0, "there": 0, "copies": 0}
    assert told["refused"] == [{"picture": f"{photos}/broken.jpg", "reason": "is not an image"}]
    assert told["ids"][f"{photos}/top.jpg"] == sha256(photos / "top.jpg")
    told = json.loads(typed("remove", sha256(photos / "top.jpg"), "nobody", "--url", client.url, "--json"))
    assert told == {"removed": 1, "unknown": ["nobody"]}


def test_where_all_are_refused_it_is_the_users_turn(client, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    with pytest.raises(UserError) as error:
        app(["add", str(tmp_path), "--url", client.url], standalone_mode=False)
    assert str(error.value) == f"no picture of {tmp_path} could be added; the reasons stand above"
    assert capsys.readouterr().err == f"{tmp_path}/broken.jpg is not an image\n"


def test_a_server_without_a_journal_says_so(release_folder, photos, capsys):
    with serving(release_folder) as client, pytest.raises(LookalikeError) as error:
        app(["add", str(photos), "--url", client.url], standalone_mode=False)
    refusal = "the index of this server cannot be changed; start it with --journal FOLDER"
    assert str(error.value) == f"{client.url} refused: {refusal}"
    assert (error.value.exit_code, capsys.readouterr().err) == (2, "")


def test_a_token_is_given_as_elsewhere(release_folder, photos, tmp_path, typed, monkeypatch):
    token = tmp_path / "token"
    token.write_text("token-of-the-tests\n")
    options = ["--journal", str(tmp_path / "journal"), "--token-file", str(token)]
    with serving(release_folder, options, token_file=token) as client:
        with pytest.raises(LookalikeError) as error:
            typed("add", photos, "--url", client.url)
        added = typed("add", photos, "--url", client.url, "--token-file", token)
        monkeypatch.setenv("LOOKALIKE_TOKEN", "token-of-the-tests")
        removed = typed("remove", sha256(photos / "top.jpg"), "--url", client.url)
    assert "refused: this server asks for a token" in str(error.value)
    assert added == "in the index: 5 of 5 pictures (5 added)\n"
    assert removed == "1 removed\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "a.jpg", "photos"], "photos has no picture's suffix ("),
        (["add", "a.jpg", "--column", "shop"], "--column shop has no value; write --column COLUMN=VALUE"),
        (["add", "a.jpg", "--column", "shop="], "--column shop has no value; write --column shop=VALUE"),
        (["add", "a.jpg", "--column", "shop=null"], "--column shop has no value; write --column shop=VALUE"),
        (["add", "a.jpg", "--column", "label=x"], "--column label is what every entry has; give the label with"),
        (["add", "a.jpg", *(f"--column=c{number}=1" for number in range(17))], "a.jpg and --column give 17 columns"),
        (["remove"], "there are no ids; pass some, or a file of them with --ids-from"),
        (["remove", "--ids-from", "nowhere"], "the ids in nowhere cannot be read (No such file or directory)"),
        (["remove", "x", "--ca-file", "nowhere"], "the certificates in nowhere cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_the_users_fault(arguments, sentence):
    with pytest.raises(UserError) as error:
        app([*arguments, "--url", NOBODY], standalone_mode=False)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("command", ["add", "remove"])
def test_nobody_there_is_a_failure_that_may_pass(photos, command, capsys):
    with pytest.raises(LookalikeError) as error:
        app([command, str(photos), "--url", NOBODY], standalone_mode=False)
    assert str(error.value).startswith(f"no answer from {NOBODY} (")
    assert (error.value.exit_code, capsys.readouterr().err) == (1, "")


def written_to(terminal: int) -> Iterator[str]:
    while True:
        try:
            yield os.read(terminal, 4_096).decode(errors="replace")
        except OSError:  # the other end is closed, and everything was read
            return


def test_on_a_terminal_refusals_stand_above_the_bar(client, photos):
    (photos / "broken.jpg").write_bytes(b"nonsense")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    adding = command("add", photos, "--url", client.url)
    with subprocess.Popen(adding, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        written = "".join(written_to(ours))
        told = process.communicate()[0]
    os.close(ours)
    assert told == b"in the index: 5 of 6 pictures (5 added, 1 refused)\n"
    assert "pictures" in written
    assert "broken.jpgisnotanimage" in "".join(written.split())  # lines end anywhere between the words
