"""Replacing a file only as long as it is the one that was read; one suite for a folder and for a real bucket."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lookalike_components.errors import LookalikeError
from lookalike_components.storage import exists, facts, list_files, read_bytes, replace_bytes, write_bytes
from lookalike_components.storage.bucket.connection import PATIENCE


@pytest.fixture(params=["folder", "bucket"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a file may be."""
    if request.param == "folder":
        return str(tmp_path / "deep" / "state.json")
    return f"{request.getfixturevalue('bucket')}/deep/state.json"


def test_a_file_that_is_not_there_is_made_once(uri: str) -> None:
    assert replace_bytes(uri, b"first", "") is True
    assert replace_bytes(uri, b"second", "") is False
    assert read_bytes(uri) == b"first"


def test_the_version_that_was_read_is_replaced(uri: str) -> None:
    write_bytes(uri, b"first")
    assert replace_bytes(uri, b"second", facts(uri).version) is True
    assert read_bytes(uri) == b"second"


def test_a_version_that_is_gone_is_not(uri: str) -> None:
    write_bytes(uri, b"first")
    read = facts(uri).version
    write_bytes(uri, b"written meanwhile")
    assert replace_bytes(uri, b"second", read) is False
    assert read_bytes(uri) == b"written meanwhile"


def test_a_version_of_a_file_that_was_removed_is_not(uri: str) -> None:
    assert replace_bytes(uri, b"second", "1") is False
    assert not exists(uri)


def test_of_many_that_replace_one_version_at_once_one_succeeds(uri: str) -> None:
    write_bytes(uri, b"first")
    read = facts(uri).version
    with ThreadPoolExecutor(8) as pool:
        replaced = list(pool.map(lambda text: replace_bytes(uri, text, read), [b"x" * n for n in range(1, 17)]))
    assert sum(replaced) == 1
    assert len(read_bytes(uri)) == replaced.index(True) + 1


def test_many_that_add_to_a_file_lose_nothing(uri: str) -> None:
    def add(letter: bytes) -> None:
        done = False
        while not done:
            version = facts(uri).version
            done = replace_bytes(uri, read_bytes(uri) + letter, version)

    write_bytes(uri, b"")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, [b"a", b"b", b"c", b"d"]))
    assert sorted(read_bytes(uri)) == sorted(b"abcd")


def test_a_listing_shows_nothing_but_the_file(tmp_path: Path) -> None:
    replace_bytes(str(tmp_path / "state.json"), b"first", "")
    assert [Path(file.uri).name for file in list_files(str(tmp_path))] == ["state.json"]


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LookalikeError, match="cannot be read or written"):
        replace_bytes(str(tmp_path / "file" / "state.json"), b"first", "")


@pytest.mark.parametrize("how", ["refused", "cut", "damaged", "unanswered"])
def test_a_writer_whose_answer_was_lost_knows_its_object_again(
    watched_bucket: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setitem(PATIENCE, "retry", PATIENCE["retry"].with_delay(initial=0.05, maximum=0.1))
    uri = f"{watched_bucket.uri}/state.json"
    write_bytes(uri, b"first")
    version = facts(uri).version
    watched_bucket.fail("upload", how)
    assert replace_bytes(uri, b"second", version) is True
    assert read_bytes(uri) == b"second"
    assert replace_bytes(uri, b"third", version) is False
