"""One suite for every place where a file can be; what differs has its own file beside this one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import create_bytes, exists, join, list_files, read_bytes, read_range, write_bytes


@pytest.fixture(params=["path", "file", "gs"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    places: dict[str, Callable[[], str]] = {
        "path": lambda: str(tmp_path),
        "file": lambda: tmp_path.as_uri(),
        "gs": lambda: str(request.getfixturevalue("bucket")),
    }
    return places[request.param]()


def test_what_is_written_is_read(root: str) -> None:
    write_bytes(join(root, "a", "b.bin"), b"abc")
    assert read_bytes(join(root, "a", "b.bin")) == b"abc"


def test_writing_replaces_what_was_there(root: str) -> None:
    write_bytes(join(root, "a"), b"old and longer")
    write_bytes(join(root, "a"), b"new")
    assert read_bytes(join(root, "a")) == b"new"


def test_creating_does_not_replace_what_was_there(root: str) -> None:
    assert create_bytes(join(root, "deep", "a"), b"first") is True
    assert create_bytes(join(root, "deep", "a"), b"second") is False
    assert read_bytes(join(root, "deep", "a")) == b"first"


def test_of_many_that_create_at_once_one_succeeds(root: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda text: create_bytes(join(root, "a"), text), [b"x" * 1000, b"y" * 1000] * 8))
    assert sum(created) == 1
    assert read_bytes(join(root, "a")) in {b"x" * 1000, b"y" * 1000}


@pytest.mark.parametrize(("offset", "nbytes", "expected"), [(0, 3, b"012"), (4, 2, b"45"), (7, 3, b"789"), (2, 0, b"")])
def test_a_range_is_read_alone(root: str, offset: int, nbytes: int, expected: bytes) -> None:
    write_bytes(join(root, "digits"), b"0123456789")
    assert read_range(join(root, "digits"), offset, nbytes) == expected


@pytest.mark.parametrize("offset", [8, 100])
def test_a_range_beyond_the_end_is_an_error(root: str, offset: int) -> None:
    uri = join(root, "digits")
    write_bytes(uri, b"0123456789")
    with pytest.raises(LookalikeError) as error:
        read_range(uri, offset, 3)
    assert str(error.value) == f"{uri} ends before byte {offset + 3}; it is damaged, write it again"


@pytest.mark.parametrize("read", [read_bytes, lambda uri: read_range(uri, 0, 1)])
def test_a_missing_file_is_the_users_to_change(root: str, read: Callable[[str], bytes]) -> None:
    uri = join(root, "nothing")
    with pytest.raises(UserError, match=r"nothing does not exist$"):
        read(uri)


def test_a_file_exists_and_its_folder_is_listed(root: str) -> None:
    names = ["pictures/b/1.png", "pictures/a.png", "pictures/b/0.png", "pictures-of-others/c.png"]
    for name in names:
        write_bytes(join(root, name), b"x")
    listed = [uri.partition("pictures/")[2] for uri in list_files(join(root, "pictures"))]
    assert listed == ["a.png", "b/0.png", "b/1.png"]
    assert exists(join(root, "pictures/a.png"))
    assert not exists(join(root, "pictures/z.png"))
