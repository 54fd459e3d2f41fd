"""Files on this machine's disk; each is whole or not there."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from lookalike_components.errors import LookalikeError, UserError


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
        UserError: The file does not exist, is a folder, or belongs to somebody else.
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
        if error.errno == errno.ENOSPC:
            raise LookalikeError(
                f"no space left on {path.parent}; free some, or pass another --runs or --artifacts"
            ) from error
        raise LookalikeError(f"{path} cannot be read or written: {error.strerror or error}") from error


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
    path = Path(name)
    if path.exists():
        return False
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path)
        try:
            temporary.write_bytes(data)
            os.link(temporary, path)  # unlike a rename, this fails when another process was first
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
    return True


def exists(name: str) -> bool:
    """Whether there is a file of this name."""
    return Path(name).exists()


def list_files(name: str) -> Iterator[str]:
    """Every file below a folder, sorted by path."""
    folder = Path(name)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    yield from sorted(str(path) for path in folder.rglob("*") if path.is_file())


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}.part")
