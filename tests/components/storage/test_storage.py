"""One suite for every place where a file can be; what differs has its own file beside this one."""

import os
import subprocess
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import (
    create_bytes,
    create_file,
    download,
    download_folder,
    exists,
    facts,
    join,
    list_files,
    local_path,
    open_file,
    read_bytes,
    read_range,
    remove,
    upload,
    upload_folder,
    write_bytes,
)

NAMES = [
    "two words.jpg",
    "a#b?c=d&e.jpg",
    "100%25.jpg",
    "Grüße/Ärger.jpg",
    "写真/花.jpg",
    "صور/قطة.jpg",
    "фото/кошка.jpg",
    "👩‍👩‍👧.jpg",
    "line\nbreak.jpg",
    "semi;colon,comma'quote\".jpg",
    "back\\slash.jpg",
    "-dash.jpg",
]


def below(uri: str) -> list[str]:
    """Names of the files below a folder or prefix."""
    start = len(str(local_path(uri) or uri)) + 1
    return [file.uri[start:] for file in list_files(uri)]


def fill(folder: Path, *names: str) -> Path:
    """Files that hold their own names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_what_is_written_is_read(root: str) -> None:
    write_bytes(join(root, "a", "b.bin"), b"abc")
    assert read_bytes(join(root, "a", "b.bin")) == b"abc"


@pytest.mark.parametrize("data", [b"", memoryview(b"abc"), bytes(range(256)) * 40_000], ids=["empty", "view", "10 MB"])
def test_any_content_comes_back(root: str, data: bytes) -> None:
    write_bytes(join(root, "a"), data)
    assert read_bytes(join(root, "a")) == data


def test_writing_replaces_what_was_there(root: str) -> None:
    write_bytes(join(root, "a"), b"old and longer")
    write_bytes(join(root, "a"), b"new")
    assert read_bytes(join(root, "a")) == b"new"


def test_what_is_removed_is_gone_and_may_have_been_gone_before(root: str) -> None:
    write_bytes(join(root, "a"), b"abc")
    for _ in range(2):
        remove(join(root, "a"))
        assert not exists(join(root, "a"))


def test_creating_does_not_replace_what_was_there(root: str) -> None:
    assert create_bytes(join(root, "deep", "a"), b"first") is True
    assert create_bytes(join(root, "deep", "a"), b"second") is False
    assert read_bytes(join(root, "deep", "a")) == b"first"


@pytest.mark.parametrize("nbytes", [3, 9 * 2**20], ids=["small", "in pieces"])
def test_a_file_goes_up_in_place_of_another(root: str, here: Path, nbytes: int) -> None:
    write_bytes(join(root, "deep", "x"), b"old and longer")
    (here / "a").write_bytes(b"a" * nbytes)
    upload(here / "a", join(root, "deep", "x"))
    assert read_bytes(join(root, "deep", "x")) == b"a" * nbytes


@pytest.mark.parametrize("nbytes", [3, 9 * 2**20], ids=["small", "in pieces"])
def test_a_file_is_brought_once(root: str, here: Path, nbytes: int) -> None:
    (here / "a").write_bytes(b"a" * nbytes)
    (here / "b").write_bytes(b"b" * nbytes)
    assert create_file(join(root, "deep", "x"), here / "a") is True
    assert create_file(join(root, "deep", "x"), here / "b") is False
    assert read_bytes(join(root, "deep", "x")) == b"a" * nbytes


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


@pytest.mark.parametrize(
    "ask",
    [read_bytes, lambda uri: read_range(uri, 0, 1), facts, open_file, lambda uri: download(uri, Path("x"))],
    ids=["read", "range", "facts", "open", "download"],
)
def test_a_missing_file_is_the_users_to_change(
    root: str, here: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], object]
) -> None:
    monkeypatch.chdir(here)
    with pytest.raises(UserError, match=r"store.*/nothing does not exist$|bucket-.*/nothing does not exist$"):
        ask(join(root, "nothing"))
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("bring", [lambda uri, path: create_file(uri, path), lambda uri, path: upload(path, uri)])
def test_a_local_file_that_is_not_there_is_named(root: str, here: Path, bring: Callable[[str, Path], object]) -> None:
    with pytest.raises(UserError) as error:
        bring(join(root, "a"), here / "nothing")
    assert str(error.value) == f"{here}/nothing does not exist"


def test_a_listing_is_sorted_and_ends_where_the_folder_does(root: str) -> None:
    names = ["pictures/b/1.png", "pictures/a.png", "pictures/b/0.png", "pictures-of-others/c.png", "pictures/b-1/2.png"]
    for name in names:
        write_bytes(join(root, name), b"x")
    assert below(join(root, "pictures")) == ["a.png", "b-1/2.png", "b/0.png", "b/1.png"]
    assert below(root) == sorted(names)


def test_a_listing_tells_lengths_and_its_uris_can_be_read(root: str) -> None:
    write_bytes(join(root, "pictures", "a"), b"abc")
    [file] = list_files(join(root, "pictures"))
    assert (file.nbytes, read_bytes(file.uri)) == (3, b"abc")


def test_only_a_file_exists(root: str) -> None:
    write_bytes(join(root, "pictures/a.png"), b"x")
    assert exists(join(root, "pictures/a.png"))
    assert not exists(join(root, "pictures"))
    assert not exists(join(root, "pictures/z.png"))


def test_the_facts_of_a_file_are_those_of_the_listing(root: str) -> None:
    uri = join(root, "pictures", "a")
    write_bytes(uri, b"abc")
    [listed] = list_files(join(root, "pictures"))
    assert facts(listed.uri) == listed
    assert facts(uri)[1:] == listed[1:]


def test_another_content_is_another_version_even_of_the_same_length(root: str) -> None:
    write_bytes(join(root, "a"), b"abc")
    before = facts(join(root, "a"))
    assert facts(join(root, "a")) == before
    write_bytes(join(root, "a"), b"xyz")
    assert facts(join(root, "a")).version != before.version


def test_an_open_file_can_be_read_from_anywhere(root: str) -> None:
    write_bytes(join(root, "digits"), b"0123456789")
    with open_file(join(root, "digits")) as file:
        assert file.seekable()
        assert (file.seek(-3, os.SEEK_END), file.read(2), file.tell()) == (7, b"78", 9)
        assert (file.seek(1), file.read(3), file.seek(2, os.SEEK_CUR), file.read()) == (1, b"123", 6, b"6789")
        assert file.read() == b""


def test_an_archive_is_opened_where_it_lies(root: str, here: Path) -> None:
    with zipfile.ZipFile(here / "pictures.zip", "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}.txt", str(number) * 1000)
    create_file(join(root, "pictures.zip"), here / "pictures.zip")
    with open_file(join(root, "pictures.zip")) as file, zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 20
        assert archive.read("7.txt") == b"7" * 1000


def test_a_download_replaces_the_file_that_was_there(root: str, here: Path) -> None:
    write_bytes(join(root, "a"), b"new")
    fill(here, "a")
    download(join(root, "a"), here / "a")
    assert [(path.name, path.read_bytes()) for path in here.iterdir()] == [("a", b"new")]


def test_a_large_file_comes_down_whole(root: str, here: Path) -> None:
    data = os.urandom(33 * 2**20)  # above the length from which an object is fetched in pieces, side by side
    (here / "large").write_bytes(data)
    create_file(join(root, "large"), here / "large")
    download(join(root, "large"), here / "copy")
    assert (here / "copy").read_bytes() == data


def test_a_folder_goes_up_and_comes_down(root: str, here: Path) -> None:
    names = ["a.txt", "empty", "deep/b.txt", "deep/er/c.txt", "deep-er/d.txt", *(f"many/{n}" for n in range(70))]
    fill(here / "folder", *names)
    (here / "folder/empty").write_bytes(b"")
    upload_folder(here / "folder", join(root, "runs/1"))
    assert below(join(root, "runs/1")) == sorted(names)
    download_folder(join(root, "runs/1"), here / "back")
    assert subprocess.run(["diff", "-r", here / "folder", here / "back"], check=False).returncode == 0


def test_a_folder_that_goes_up_replaces_files_and_leaves_others(root: str, here: Path) -> None:
    write_bytes(join(root, "runs/a"), b"old")
    write_bytes(join(root, "runs/other"), b"other")
    upload_folder(fill(here / "folder", "a"), join(root, "runs"))
    assert [read_bytes(join(root, "runs", name)) for name in ("a", "other")] == [b"a", b"other"]


def test_a_folder_comes_down_to_a_new_place_alone(root: str, here: Path) -> None:
    write_bytes(join(root, "runs/a"), b"a")
    fill(here / "taken", "mine")
    with pytest.raises(UserError) as error:
        download_folder(join(root, "runs"), here / "taken")
    assert str(error.value) == f"{here}/taken is there already; pass the name of a new folder"
    assert [path.name for path in (here / "taken").iterdir()] == ["mine"]


def test_a_folder_that_is_not_there_does_not_come_down(root: str, here: Path) -> None:
    with pytest.raises(UserError, match=r"/nothing does not exist$"):
        download_folder(join(root, "nothing"), here / "back")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_and_with_any_sign_is_kept(root: str, here: Path, name: str) -> None:
    write_bytes(join(root, "names", name), b"abc")
    assert below(join(root, "names")) == [name]
    [file] = list_files(join(root, "names"))
    assert (read_bytes(file.uri), read_range(file.uri, 1, 1), facts(file.uri)) == (b"abc", b"b", file)
    download_folder(join(root, "names"), here / name)
    assert (here / name / name).read_bytes() == b"abc"
    upload_folder(here / name, join(root, "again"))
    assert below(join(root, "again")) == [name]
