"""Reading, writing and listing by URI; the scheme decides which module does it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from lookalike_components.errors import LookalikeError
from lookalike_components.storage import local
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

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def list_files(self, name: str) -> Iterator[str]:
        """Every file below a folder or prefix, sorted."""


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


def exists(uri: str | Path) -> bool:
    """Whether there is a file of this name (in a bucket: an object; a bare prefix is none)."""
    storage, name = _place(uri)
    return storage.exists(name)


def list_files(uri: str | Path) -> Iterator[str]:
    """Lists every file below a folder or prefix, sorted by its name.

    Raises:
        UserError: The folder does not exist (a prefix always does, and may be empty).
    """
    storage, name = _place(uri)
    return storage.list_files(name)


def _place(uri: str | Path) -> tuple[Storage, str]:
    path = local_path(uri)
    if path is not None:
        return local, str(path)
    from lookalike_components.storage import bucket  # Google's client takes a second to import

    return bucket, str(uri)
