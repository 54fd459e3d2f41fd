"""What can go wrong between here and a bucket, done by a proxy to real requests."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import (
    create_bytes,
    create_file,
    download,
    download_folder,
    exists,
    facts,
    list_files,
    open_file,
    read_bytes,
    read_range,
    upload_folder,
    write_bytes,
)
from lookalike_components.storage.bucket import objects
from lookalike_components.storage.bucket.connection import PATIENCE

SMALL = bytes(range(256)) * 100
LARGE = os.urandom(33 * 2**20)
DAMAGED = (
    "was damaged on its way, time and again (crc32c); "
    "try again, and look at the proxy and the disk between here and the bucket"
)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits less between attempts."""
    monkeypatch.setitem(PATIENCE, "retry", PATIENCE["retry"].with_delay(initial=0.05, maximum=0.1))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, brisk: None) -> None:
    """Gives up after two seconds where half a minute is the rule, and waits half a second for an answer."""
    monkeypatch.setitem(PATIENCE, "retry", PATIENCE["retry"].with_timeout(2))
    monkeypatch.setitem(PATIENCE, "timeout", (0.5, 0.5))


def whole(uri: str, _: Path) -> bytes:
    return read_bytes(uri)


def part(uri: str, _: Path) -> bytes:
    return read_range(uri, 0, facts(uri).nbytes)


def opened(uri: str, _: Path) -> bytes:
    with open_file(uri) as file:
        return file.read()


def fetched(uri: str, folder: Path) -> bytes:
    download(uri, folder / "copy")
    return (folder / "copy").read_bytes()


def fetched_with_its_folder(uri: str, folder: Path) -> bytes:
    download_folder(uri.rpartition("/")[0], folder / "copies")
    return (folder / "copies" / "a").read_bytes()


WAYS_TO_READ = [whole, part, opened, fetched, fetched_with_its_folder]
VERIFIED = [whole, fetched, fetched_with_its_folder]


@pytest.mark.parametrize("how", ["refused", "cut", "unanswered"])
@pytest.mark.parametrize("read", WAYS_TO_READ)
def test_reading_survives_a_server_that_fails_for_a_while(
    watched_bucket: Any, tmp_path: Path, read: Callable[[str, Path], bytes], how: str
) -> None:
    write_bytes(f"{watched_bucket.uri}/photos/a", SMALL)
    watched_bucket.fail("download", how, times=2)
    assert read(f"{watched_bucket.uri}/photos/a", tmp_path) == SMALL
    assert len(watched_bucket.of("download")) >= 3


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_every_answer_that_says_try_again_is_tried_again(watched_bucket: Any, status: int) -> None:
    write_bytes(f"{watched_bucket.uri}/a", SMALL)
    watched_bucket.fail("download", "refused", times=2, status=status)
    watched_bucket.fail("list", "refused", times=2, status=status)
    watched_bucket.fail("metadata", "refused", times=2, status=status)
    assert read_bytes(f"{watched_bucket.uri}/a") == SMALL
    assert exists(f"{watched_bucket.uri}/a")
    assert [file.nbytes for file in list_files(watched_bucket.uri)] == [len(SMALL)]


@pytest.mark.parametrize("read", VERIFIED)
def test_wrong_bytes_are_asked_for_again(
    watched_bucket: Any, tmp_path: Path, read: Callable[[str, Path], bytes]
) -> None:
    write_bytes(f"{watched_bucket.uri}/photos/a", SMALL)
    watched_bucket.fail("download", "damaged", times=2)
    assert read(f"{watched_bucket.uri}/photos/a", tmp_path) == SMALL


@pytest.mark.parametrize("read", VERIFIED)
def test_bytes_that_stay_wrong_are_an_error_and_no_file(
    watched_bucket: Any, tmp_path: Path, read: Callable[[str, Path], bytes]
) -> None:
    uri = f"{watched_bucket.uri}/photos/a"
    write_bytes(uri, SMALL)
    watched_bucket.fail("download", "damaged", times=100)
    with pytest.raises(LookalikeError) as error:
        read(uri, tmp_path)
    assert (str(error.value), error.value.exit_code) == (f"{uri} {DAMAGED}", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", VERIFIED)
def test_bytes_that_are_damaged_before_an_interruption_are_found_after_it(
    watched_bucket: Any, tmp_path: Path, read: Callable[[str, Path], bytes]
) -> None:
    """After an interruption Google's client asks for the rest, and compares no checksum any more."""
    write_bytes(f"{watched_bucket.uri}/photos/a", SMALL)
    watched_bucket.fail("download", "damaged and cut")
    assert read(f"{watched_bucket.uri}/photos/a", tmp_path) == SMALL
    assert [request.status for request in watched_bucket.of("download")] == [200, 206, 200]


@pytest.mark.parametrize("how", ["refused", "cut", "damaged"])
def test_a_large_download_survives_what_meets_one_of_its_pieces(watched_bucket: Any, tmp_path: Path, how: str) -> None:
    write_bytes(f"{watched_bucket.uri}/large", LARGE)
    watched_bucket.reset()
    watched_bucket.fail("download", how)
    download(f"{watched_bucket.uri}/large", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == LARGE
    assert len(watched_bucket.of("download")) > 5


@pytest.mark.parametrize("data", [SMALL, LARGE[: 20 * 2**20]], ids=["at once", "in pieces"])
@pytest.mark.parametrize("how", ["refused", "cut", "damaged", "unanswered"])
def test_writing_survives_a_server_that_fails_for_a_while(watched_bucket: Any, data: bytes, how: str) -> None:
    watched_bucket.fail("upload", how, times=2)
    write_bytes(f"{watched_bucket.uri}/a", data)
    assert read_bytes(f"{watched_bucket.uri}/a") == data


@pytest.mark.parametrize("data", [SMALL, LARGE[: 20 * 2**20]], ids=["at once", "in pieces"])
@pytest.mark.parametrize("how", ["refused", "cut", "damaged", "unanswered"])
def test_creating_knows_its_own_object_again(watched_bucket: Any, tmp_path: Path, data: bytes, how: str) -> None:
    """The first attempt may have made the object though its answer was lost; the second finds it there."""
    (tmp_path / "file").write_bytes(data)
    watched_bucket.fail("upload", how)
    assert create_file(f"{watched_bucket.uri}/a", tmp_path / "file") is True
    assert read_bytes(f"{watched_bucket.uri}/a") == data
    assert create_file(f"{watched_bucket.uri}/a", tmp_path / "file") is False


def test_somebody_elses_object_is_not_taken_for_ones_own(watched_bucket: Any) -> None:
    create_bytes(f"{watched_bucket.uri}/a", SMALL)
    watched_bucket.fail("upload", "refused")
    assert create_bytes(f"{watched_bucket.uri}/a", SMALL) is False


@pytest.mark.parametrize("write", [write_bytes, create_bytes])
def test_an_upload_that_stays_damaged_is_an_error_and_no_object(
    watched_bucket: Any, write: Callable[[str, bytes], object]
) -> None:
    watched_bucket.fail("upload", "damaged", times=100)
    with pytest.raises(LookalikeError) as error:
        write(f"{watched_bucket.uri}/a", SMALL)
    assert str(error.value) == f"{watched_bucket.uri}/a {DAMAGED}"
    assert not exists(f"{watched_bucket.uri}/a")


@pytest.mark.parametrize("nbytes", [2**20, 20 * 2**20], ids=["at once", "in pieces"])
def test_a_writer_that_is_killed_leaves_no_object(watched_bucket: Any, tmp_path: Path, nbytes: int) -> None:
    (tmp_path / "file").write_bytes(LARGE[:nbytes])
    watched_bucket.fail("upload", "stalled")
    code = (
        "import sys, pathlib, lookalike_components.storage as s; s.create_file(sys.argv[1], pathlib.Path(sys.argv[2]))"
    )
    with subprocess.Popen([sys.executable, "-c", code, f"{watched_bucket.uri}/a", tmp_path / "file"]) as writer:
        watched_bucket.wait_until_stalled()
        writer.kill()
    assert not exists(f"{watched_bucket.uri}/a")
    assert create_file(f"{watched_bucket.uri}/a", tmp_path / "file") is True
    assert read_bytes(f"{watched_bucket.uri}/a") == LARGE[:nbytes]


def test_a_file_that_is_there_is_not_sent_again(watched_bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LARGE[: 9 * 2**20])
    create_file(f"{watched_bucket.uri}/a", tmp_path / "file")
    watched_bucket.reset()
    create_file(f"{watched_bucket.uri}/a", tmp_path / "file")
    assert [request.kind for request in watched_bucket.requests] == ["metadata"]


def test_a_large_upload_repeats_the_piece_that_failed_and_no_other(watched_bucket: Any) -> None:
    watched_bucket.fail("upload", "refused", times=2)
    write_bytes(f"{watched_bucket.uri}/a", LARGE[: 20 * 2**20])
    answered = [request.up for request in watched_bucket.of("upload") if request.status != 503]
    assert answered == [16 * 2**20, 4 * 2**20]


@pytest.mark.parametrize("how", ["refused", "cut", "damaged", "unanswered"])
def test_a_folder_goes_up_although_some_of_its_files_meet_a_fault(
    watched_bucket: Any, tmp_path: Path, how: str
) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}").write_bytes(SMALL[number:])
    watched_bucket.fail("upload", how, times=5)
    upload_folder(tmp_path, f"{watched_bucket.uri}/folder")
    assert [read_bytes(file.uri) for file in list_files(f"{watched_bucket.uri}/folder")] == [
        SMALL[number:] for number in range(20)
    ]


def test_a_file_of_a_folder_that_is_refused_is_named(watched_bucket: Any, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(SMALL)
    watched_bucket.fail("upload", "refused", times=2, status=403, ending="b")
    with pytest.raises(UserError) as error:
        upload_folder(tmp_path, f"{watched_bucket.uri}/folder")
    assert (
        str(error.value) == f"{watched_bucket.uri}/folder/b is not open to this account; ask for access to the bucket"
    )


@pytest.mark.parametrize("how", ["refused", "cut", "unanswered"])
def test_a_listing_survives_a_server_that_fails_for_a_while(watched_bucket: Any, how: str) -> None:
    write_bytes(f"{watched_bucket.uri}/a", SMALL)
    watched_bucket.fail("list", how)
    assert [file.nbytes for file in list_files(watched_bucket.uri)] == [len(SMALL)]
    assert len(watched_bucket.of("list")) == 2


def test_an_answer_that_does_not_come_is_asked_for_again(watched_bucket: Any, impatient: None) -> None:
    write_bytes(f"{watched_bucket.uri}/a", SMALL)
    watched_bucket.fail("download", "slow", seconds=0.8)
    watched_bucket.fail("list", "slow", seconds=0.8)
    assert read_bytes(f"{watched_bucket.uri}/a") == SMALL
    assert [file.nbytes for file in list_files(watched_bucket.uri)] == [len(SMALL)]


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("refused", "the service answers 503"),
        ("cut", "the connection breaks off"),
        ("unanswered", "{host} does not answer"),
    ],
)
def test_a_server_that_does_not_recover_is_told_with_what_it_did(
    watched_bucket: Any, impatient: None, how: str, cause: str
) -> None:
    uri = f"{watched_bucket.uri}/a"
    write_bytes(uri, SMALL)
    watched_bucket.fail("download", how, times=1000)
    with pytest.raises(LookalikeError) as error:
        read_bytes(uri)
    cause = cause.format(host=os.environ["STORAGE_EMULATOR_HOST"].removeprefix("http://"))
    assert str(error.value) == f"{uri} cannot be read or written: {cause}, for 30 s; check the network, then try again"


def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed(watched_bucket: Any) -> None:
    write_bytes(f"{watched_bucket.uri}/a", b"old" * 2**20)
    with open_file(f"{watched_bucket.uri}/a") as file:
        assert file.read(3) == b"old"
        write_bytes(f"{watched_bucket.uri}/a", b"new" * 2**20)
        with pytest.raises(LookalikeError) as error:
            file.read()
    assert str(error.value) == f"{watched_bucket.uri}/a was replaced while it was read; try again"


def test_a_listing_is_fetched_page_by_page(watched_bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "OBJECTS_A_PAGE", 10)
    for number in range(25):
        create_bytes(f"{watched_bucket.uri}/many/{number:02}", b"")
    listing = list_files(f"{watched_bucket.uri}/many")
    assert next(listing).uri.endswith("/00")
    assert len(watched_bucket.of("list")) == 1
    assert sum(1 for _ in listing) == 24
    assert len(watched_bucket.of("list")) == 3
