"""Files on this machine's disk; each is whole or not there."""

import errno
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from filelock import FileLock

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage.file_facts import FileFacts

UNFINISHED = re.compile(r"\..+\.([0-9a-f]{32}\.part|lock)")
ABANDONED_SECONDS = 24 * 3600
FULL = {errno.ENOSPC, errno.EDQUOT}
MISNAMED = {errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives a temporary name beside ``path`` to write to, and moves it to ``path`` once the block is done.

    When the block fails nothing is left behind, and what was at ``path`` before is untouched.

    Raises:
        LookalikeError: The disk is full, or the system refuses; the sentence names the file.
    """
    path = Path(path)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what the system says about a file into one sentence.

    Raises:
        UserError: The file does not exist, cannot exist under this name, is a folder, or belongs to somebody else.
        LookalikeError: The disk is full, or the system refuses for another reason.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder, not a file") from error
    except PermissionError as error:
        raise UserError(f"{path} is not open to this user; change its permissions") from error
    except OSError as error:
        if error.errno in FULL:
            raise LookalikeError(
                f"no space left on {path.parent}; free some, or pass another --runs or --artifacts"
            ) from error
        kind = UserError if error.errno in MISNAMED else LookalikeError
        told = os.strerror(error.errno) if error.errno else error
        raise kind(f"{path} cannot be read or written: {told}") from error


def read_bytes(name: str) -> bytes:
    """The whole file."""
    path = Path(name)
    with explained(path):
        return path.read_bytes()


def read_range(name: str, offset: int, nbytes: int) -> bytes:
    """At most ``nbytes`` bytes from ``offset`` on."""
    path = Path(name)
    with explained(path), path.open("rb") as file:
        file.seek(offset)
        return file.read(nbytes)


def write_bytes(name: str, data: bytes | memoryview) -> None:
    """Puts a file there, whole, in place of any other."""
    with replacing(name) as temporary:
        temporary.write_bytes(data)


def create_bytes(name: str, data: bytes | memoryview) -> bool:
    """Puts a file there, whole, unless there is one; says whether it did."""
    return _create(Path(name), lambda temporary: temporary.write_bytes(data))


def replace_bytes(name: str, data: bytes | memoryview, version: str) -> bool:
    """Puts a file there, whole, in place of the one of this version; a lock beside it keeps others out meanwhile."""
    path = Path(name)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if (facts(name).version if path.exists() else "") != version:
                return False
            write_bytes(name, data)
    return True


def create_file(name: str, path: Path) -> bool:
    """Copies a file there, whole, unless there is one; says whether it did."""
    return _create(Path(name), lambda temporary: shutil.copyfile(path, temporary))


def _create(path: Path, fill: Callable[[Path], object]) -> bool:
    if path.exists():
        return False
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path)
        try:
            fill(temporary)
            _claim(path, temporary)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
    return True


def _claim(path: Path, temporary: Path) -> None:
    """Gives a file a name that nobody has; unlike a rename, a link fails when another process was first."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        if path.exists():  # exFAT, and some mounts: looking once more is the best that can be had there
            raise FileExistsError(path) from None
        temporary.rename(path)


def remove(name: str) -> None:
    """Takes a file away, where it is there."""
    path = Path(name)
    with explained(path):
        path.unlink(missing_ok=True)


def exists(name: str) -> bool:
    """Whether there is a file of this name."""
    return Path(name).is_file()


def facts(name: str) -> FileFacts:
    """Length of a file, and when it last changed."""
    path = Path(name)
    with explained(path):
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"{path} is a device or a pipe, not a file")  # to read it may never end
    return _facts(name, found)


def _facts(name: str, found: os.stat_result) -> FileFacts:
    """Two files of one length and time that swap their names differ in the time at which that was done."""
    return FileFacts(name, found.st_size, f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}")


def open_file(name: str) -> BinaryIO:
    """The file, open for reading."""
    path = Path(name)
    with explained(path):
        return path.open("rb")


def list_files(name: str) -> Iterator[FileFacts]:
    """Every file below a folder, sorted by path; what a writer has not finished is none yet."""
    folder = Path(name)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    yield from _walk(str(folder))


def _walk(folder: str) -> Iterator[FileFacts]:
    """Goes folder by folder; a folder sorts as its files' paths do, with the slash."""
    with explained(Path(folder)), os.scandir(folder) as entries:
        named = sorted((entry.name + "/" * entry.is_dir(follow_symlinks=False), entry) for entry in entries)
    for name, entry in named:
        if name.endswith("/"):
            yield from _walk(entry.path)
        elif not UNFINISHED.fullmatch(name) and (found := _file_behind(entry)):
            yield _facts(entry.path, found)


def _file_behind(entry: "os.DirEntry[str]") -> os.stat_result | None:
    """What a name in a folder leads to, if that is a file: not a device, nor a link to nothing or in a circle."""
    try:
        return entry.stat() if entry.is_file() else None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOENT}:
            return None
        with explained(Path(entry.path)):
            raise


def clear_abandoned(folder: Path) -> None:
    """Deletes what writers left that were killed: temporary files to which nobody has written for a day."""
    before = time.time() - ABANDONED_SECONDS
    with explained(folder):
        unfinished = [path for path in folder.glob(".*.part") if UNFINISHED.fullmatch(path.name)]
    for path in unfinished:
        with suppress(OSError):  # another process was first, or the folder may only be read
            if path.stat().st_mtime < before:
                path.unlink()


def upload(name: str, path: Path) -> None:
    """Copies a file there, whole, in place of any other."""
    with replacing(name) as temporary:
        download(str(path), temporary)


def download(name: str, path: Path) -> None:
    """Copies a file."""
    with open_file(name) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def upload_folder(name: str, files: Sequence[tuple[FileFacts, str]]) -> None:
    """Copies files, given with their names below the folder, in place of whatever is there."""
    for one, relative in files:
        upload(str(Path(name, relative)), Path(one.uri))


def download_folder(name: str, folder: Path) -> None:
    """Copies every file below a folder into another that is there."""
    for one in list_files(name):
        target = folder / os.path.relpath(one.uri, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        download(one.uri, target)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}.part")
