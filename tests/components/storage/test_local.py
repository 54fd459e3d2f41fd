import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import (
    create_bytes,
    facts,
    join,
    list_files,
    local_path,
    read_bytes,
    replacing,
    write_bytes,
)
from lookalike_components.storage.local import clear_abandoned, explained


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("photos/a.jpg", Path("photos/a.jpg")),
        (Path("/photos"), Path("/photos")),
        ("file:///photos/two%20words.jpg", Path("/photos/two words.jpg")),
        ("gs://bucket/photos", None),
    ],
)
def test_a_uri_on_this_machine_has_a_path(uri: str | Path, expected: Path | None) -> None:
    assert local_path(uri) == expected


def test_a_scheme_that_cannot_be_read_is_named_with_those_that_can() -> None:
    with pytest.raises(UserError) as error:
        read_bytes("s3://bucket/a.jpg")
    assert str(error.value) == "s3://bucket/a.jpg starts with s3://, which cannot be read; use a path, file:// or gs://"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("gs://bucket/a/", "/b/", "c.tar"), "gs://bucket/a/b/c.tar"),
        (("gs://bucket", "c.tar"), "gs://bucket/c.tar"),
        (("/photos", "a.jpg"), "/photos/a.jpg"),
        (("/", "a.jpg"), "/a.jpg"),
        (("photos/", "a.jpg"), "photos/a.jpg"),
    ],
)
def test_names_are_joined_by_one_slash(parts: tuple[str, ...], expected: str) -> None:
    assert join(*parts) == expected


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_bytes(tmp_path / "table", b"old")
    with suppress(ZeroDivisionError), replacing(tmp_path / "table") as temporary:
        temporary.write_bytes(b"half of the ne")
        raise ZeroDivisionError
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("table", b"old")]


def test_a_full_disk_is_one_sentence_that_says_what_to_do() -> None:
    full = Path("/dev/full")  # every write to it fails as on a full disk
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(LookalikeError) as error, explained(full), full.open("wb", buffering=0) as file:
        file.write(b"x")
    assert str(error.value) == "no space left on /dev; free some, or pass another --runs or --artifacts"
    assert error.value.exit_code == 1


def test_reading_a_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        read_bytes(tmp_path)
    assert str(error.value) == f"{tmp_path} is a folder, not a file"


def test_what_the_system_says_otherwise_is_passed_on_with_the_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LookalikeError) as error:
        read_bytes(tmp_path / "file" / "below")
    assert str(error.value) == f"{tmp_path}/file/below cannot be read or written: {os.strerror(errno.ENOTDIR)}"


def test_a_file_of_somebody_elses_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error, explained(tmp_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    assert str(error.value) == f"{tmp_path} is not open to this user; change its permissions"


@pytest.mark.parametrize(("name", "reason"), [("nothing", "does not exist"), ("file", "is not a folder")])
def test_only_a_folder_can_be_listed(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError) as error:
        list(list_files(tmp_path / name))
    assert str(error.value) == f"{tmp_path / name} {reason}"


def test_a_file_that_a_killed_writer_left_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".hidden.part").write_bytes(b"listed: it is somebody's own")
    with replacing(tmp_path / "table") as temporary:
        temporary.write_bytes(b"half of the ta")
        assert [Path(file.uri).name for file in list_files(tmp_path)] == [".hidden.part"]


def test_a_link_to_a_file_is_listed_and_one_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/a").write_bytes(b"abc")
    (tmp_path / "file").symlink_to(tmp_path / "pictures/a")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert [(file.uri, file.nbytes) for file in list_files(tmp_path)] == [
        (f"{tmp_path}/file", 3),
        (f"{tmp_path}/pictures/a", 3),
    ]


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    write_bytes(join(tmp_path.as_uri(), name), b"abc")
    [file] = list_files(tmp_path.as_uri())
    assert (Path(file.uri).name, read_bytes(file.uri)) == (name, b"abc")


@pytest.mark.parametrize("name", ["x" * 300, "photo.jpg/photo.jpg", "circle.jpg"])
def test_a_name_that_no_file_can_have_is_the_users(name: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    with pytest.raises(UserError, match="cannot be read or written"):
        facts(tmp_path / name)


def test_a_zero_byte_in_a_name_is_told() -> None:
    for name in ("a\0b.jpg", "file:///a%00b.jpg"):
        with pytest.raises(UserError, match="has a zero byte in its name, which no file can have"):
            read_bytes(name)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in (tmp_path / "pipe.jpg", Path("/dev/zero")):
        with pytest.raises(UserError) as error:
            facts(name)
        assert str(error.value) == f"{name} is a device or a pipe, not a file"


def test_a_link_that_leads_to_itself_does_not_end_a_listing(tmp_path: Path) -> None:
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "nowhere.jpg").symlink_to("nothing.jpg")
    (tmp_path / "photo.jpg").write_bytes(b"x")
    assert [file.uri for file in list_files(tmp_path)] == [str(tmp_path / "photo.jpg")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not look")
def test_the_folder_that_is_closed_is_the_one_that_is_named() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        closed = Path(folder, "closed")
        closed.mkdir(mode=0)
        os.seteuid(65534)
        try:
            with pytest.raises(UserError) as error:
                list(list_files(folder))
        finally:
            os.seteuid(0)
    assert str(error.value) == f"{closed} is not open to this user; change its permissions"


def test_two_files_of_one_size_and_time_that_swap_names_are_new_versions(tmp_path: Path) -> None:
    one, two = tmp_path / "one.bmp", tmp_path / "two.bmp"
    for path in (one, two):
        path.write_bytes(path.name.encode())
        os.utime(path, (10**9, 10**9))
    before = {facts(path).version for path in (one, two)}
    one.rename(tmp_path / "other")
    two.rename(one)
    (tmp_path / "other").rename(two)
    assert before.isdisjoint({facts(path).version for path in (one, two)})


def test_what_killed_writers_left_goes_after_a_day(tmp_path: Path) -> None:
    unfinished = {days: tmp_path / f".shard.tar.{days:032x}.part" for days in (0, 2)}
    for days, path in unfinished.items():
        path.write_bytes(b"x")
        os.utime(path, (time.time() - days * 86400,) * 2)
    (tmp_path / ".mine.part").write_bytes(b"x")
    os.utime(tmp_path / ".mine.part", (0, 0))
    clear_abandoned(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([unfinished[0].name, ".mine.part"])


def test_where_files_cannot_be_linked_a_file_is_still_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on exFAT, and on some mounts of buckets; no such disk can be had in a test."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "a.bin"
    assert (create_bytes(path, b"first"), create_bytes(path, b"second")) == (True, False)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"first", [path])
