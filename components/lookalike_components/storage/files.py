"""Reading, writing and listing by URI; the scheme decides which module does it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from lookalike_components.errors import LookalikeError
from lookalike_components.storage import local
from lookalike_components.storage.file_facts import FileFacts
from lookalike_components.storage.folders import new_folder
from lookalike_components.storage.uris import local_path


class Storage(Protocol):
    """What a module has to offer to stand behind a scheme; names are paths or whole URIs."""

    def read_bytes(self, name: str) -> bytes:
        """The whole file."""

    def read_range(self, name: str, offset: int, nbytes: int) -> bytes:
        """At most ``nbytes`` bytes from ``offset`` on."""

    def write_bytes(self, name: str, data: bytes | memoryview) -> None:
        """Puts a file there, whole, in place of any other."""

    def create_bytes(self, name: str, data: bytes | memoryview) -> bool:
        """Puts a file there, whole, unless there is one; says whether it did."""

    def replace_bytes(self, name: str, data: bytes | memoryview, version: str) -> bool:
        """Puts a file there, whole, in place of the one of this version ("" for none); says whether it did."""

    def remove(self, name: str) -> None:
        """Takes a file away; it need not be there."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def facts(self, name: str) -> FileFacts:
        """What the place tells of a file."""

    def open_file(self, name: str) -> BinaryIO:
        """A seekable reader."""

    def list_files(self, name: str) -> Iterator[FileFacts]:
        """Every file below a folder or prefix, sorted."""

    def create_file(self, name: str, path: Path) -> bool:
        """Brings a local file there unless there is one; says whether it did."""

    def upload(self, name: str, path: Path) -> None:
        """Brings a local file there, whole, in place of any other."""

    def download(self, name: str, path: Path) -> None:
        """Fills a local file."""

    def upload_folder(self, name: str, files: Sequence[tuple[FileFacts, str]]) -> None:
        """Brings local files there, each under a name of its own below the folder or prefix."""

    def download_folder(self, name: str, folder: Path) -> None:
        """Fills a local folder."""


def read_bytes(uri: str | Path) -> bytes:
    """Reads a whole file.

    Raises:
        UserError: It does not exist.
    """
    storage, name = _place(uri)
    return storage.read_bytes(name)


def read_range(uri: str | Path, offset: int, nbytes: int) -> bytes:
    """Reads ``nbytes`` bytes from ``offset`` on, and nothing else of the file.

    Raises:
        UserError: The file does not exist.
        LookalikeError: The file ends before the last byte that was asked for.
    """
    storage, name = _place(uri)
    data = storage.read_range(name, offset, nbytes) if nbytes else b""
    if len(data) < nbytes:
        raise LookalikeError(f"{uri} ends before byte {offset + nbytes:,}; it is damaged, write it again")
    return data


def write_bytes(uri: str | Path, data: bytes | memoryview) -> None:
    """Writes a whole file, in place of any other; nobody ever sees half of it.

    Raises:
        LookalikeError: The disk is full, or the system refuses.
    """
    storage, name = _place(uri)
    storage.write_bytes(name, data)


def create_bytes(uri: str | Path, data: bytes | memoryview) -> bool:
    """Writes a whole file unless there is one, even when two processes try at once.

    Returns:
        Whether this call wrote it.

    Raises:
        LookalikeError: The disk is full, or the system refuses.
    """
    storage, name = _place(uri)
    return storage.create_bytes(name, data)


def replace_bytes(uri: str | Path, data: bytes | memoryview, version: str) -> bool:
    """Writes a whole file in place of the one of this version, and of no other, even when two processes try at once.

    Args:
        uri: The file.
        data: What it is to hold.
        version: As `facts` tells it; "" where there must be no file.

    Returns:
        Whether this call wrote it; otherwise another was there.

    Raises:
        LookalikeError: The disk is full, or the system or the service refuses.
    """
    storage, name = _place(uri)
    return storage.replace_bytes(name, data, version)


def remove(uri: str | Path) -> None:
    """Takes a file away for good; one that is not there is no fault.

    Raises:
        LookalikeError: The system or the service refuses.
    """
    storage, name = _place(uri)
    storage.remove(name)


def exists(uri: str | Path) -> bool:
    """Whether there is a file of this name (in a bucket: an object; a bare prefix is none)."""
    storage, name = _place(uri)
    return storage.exists(name)


def facts(uri: str | Path) -> FileFacts:
    """What the place tells of a file without opening it.

    Raises:
        UserError: It does not exist, or is a folder.
    """
    storage, name = _place(uri)
    return storage.facts(name)


def open_file(uri: str | Path) -> BinaryIO:
    """Opens a file for reading; of an object it fetches only what is read, a mebibyte at a time.

    Raises:
        UserError: The file does not exist.
        LookalikeError: While reading: the object was replaced meanwhile, or cannot be reached.
    """
    storage, name = _place(uri)
    return storage.open_file(name)


def list_files(uri: str | Path) -> Iterator[FileFacts]:
    """Lists every file below a folder or prefix, sorted by its name; lazily, so that memory does not grow with it.

    Raises:
        UserError: The folder does not exist (a prefix always does, and may be empty).
    """
    storage, name = _place(uri)
    return storage.list_files(name)


def create_file(uri: str | Path, path: Path) -> bool:
    """Brings a local file to a place unless there is one already, even when two processes try at once.

    Returns:
        Whether this call brought it.

    Raises:
        UserError: The local file does not exist.
        LookalikeError: The disk is full, or the system or the service refuses.
    """
    local.facts(str(path))  # where it is missing, it is the one to name
    storage, name = _place(uri)
    return storage.create_file(name, path)


def upload(path: Path, uri: str | Path) -> None:
    """Brings a local file to a place, in place of what is there; nobody ever sees half of it.

    Raises:
        UserError: The local file does not exist.
        LookalikeError: The disk is full, or the system or the service refuses.
    """
    local.facts(str(path))
    storage, name = _place(uri)
    storage.upload(name, path)


def download(uri: str | Path, path: Path) -> None:
    """Brings a whole file to this machine, in place of what is at ``path``; nobody ever sees half of it.

    Raises:
        UserError: It does not exist.
        LookalikeError: The disk is full, or what arrives is damaged.
    """
    storage, name = _place(uri)
    with local.replacing(path) as temporary:
        storage.download(name, temporary)


def upload_folder(folder: Path, uri: str | Path) -> None:
    """Brings every file of a local folder to a place, many at once, in place of what has the same names there.

    Raises:
        UserError: The folder does not exist.
        LookalikeError: The disk is full, or the system or the service refuses; some files may have arrived.
    """
    storage, name = _place(uri)
    files = [(one, os.path.relpath(one.uri, folder)) for one in local.list_files(str(folder))]
    with local.explained(folder):
        storage.upload_folder(name, files)


def download_folder(uri: str | Path, folder: Path) -> None:
    """Brings everything below a folder or prefix to a new folder on this machine, many files at once.

    The folder appears when all of them are there.

    Raises:
        UserError: There is nothing there, or ``folder`` exists and is not empty.
        LookalikeError: The disk is full, or what arrives is damaged.
    """
    storage, name = _place(uri)
    with new_folder(folder) as draft:
        storage.download_folder(name, draft)


def _place(uri: str | Path) -> tuple[Storage, str]:
    path = local_path(uri)
    if path is not None:
        return local, str(path)
    from lookalike_components.storage import bucket  # Google's client takes a second to import

    return bucket, str(uri)
