"""Bringing one object to a bucket, so that it is whole and nobody's is overwritten by mistake."""

import io
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud.storage.exceptions import DataCorruption

from lookalike_components.storage.bucket import checksums
from lookalike_components.storage.bucket.connection import PATIENCE, blob, explained, split

IN_PIECES_FROM = 8 * 2**20  # above this length Google's client makes an upload resumable
PIECE_BYTES = 16 * 2**20  # of a resumable upload; held in memory
WRITER = "lookalike-writer"


class Send(Protocol):
    """Sends content to an object: calls one of its ``upload_from_...`` methods with the keywords ``how``."""

    def __call__(self, found: Any, **how: Any) -> Any:
        """Sends it once."""


class Content(NamedTuple):
    """What an object is to hold."""

    nbytes: int
    checksum: str
    send: Send


def of_bytes(data: bytes | memoryview) -> Content:
    """Content that lies in memory."""
    return Content(
        len(data),
        checksums.of_bytes(data),
        lambda found, **how: found.upload_from_file(io.BytesIO(data), size=len(data), **how),
    )


def of_file(path: str | Path) -> Content:
    """Content that lies in a file on this machine."""
    return Content(
        Path(path).stat().st_size,
        checksums.of_file(path),
        lambda found, **how: found.upload_from_filename(str(path), **how),
    )


def put(uri: str, content: Content) -> None:
    """Uploads in place of whatever is there; what arrived damaged is taken away and sent again."""
    with explained(uri, missing=_bucket(uri)):
        checksums.until_whole(lambda: _send(_target(uri), content))


def create(uri: str, content: Content) -> bool:
    """Uploads unless there is an object of this name (precondition: generation 0).

    When the answer to an upload is lost, the next attempt meets the object that the first one made. So every writer
    leaves a mark of its own, by which it knows its object again.

    Returns:
        Whether this call made the object.
    """
    mark = uuid4().hex
    with explained(uri, missing=_bucket(uri)):
        if content.nbytes > IN_PIECES_FROM and blob(uri).exists(
            **PATIENCE
        ):  # asked first: the refusal comes at the end
            return False
        return checksums.until_whole(lambda: _create(uri, content, mark))


def _create(uri: str, content: Content, mark: str) -> bool:
    found = _target(uri)
    found.metadata = {WRITER: mark}
    try:
        _send(found, content, if_generation_match=0)
    except PreconditionFailed:
        if not _is_ours(found, mark):
            return False
        _judge(found, content)
    return True


def replace(uri: str, content: Content, generation: int) -> bool:
    """Uploads in place of the object of this generation, and of no other (a precondition of the service).

    What arrived damaged is replaced in its turn, and never taken away: nobody may find nothing where something was.

    Returns:
        Whether this call made the object.
    """
    mark, expected = uuid4().hex, generation

    def attempt() -> bool:
        nonlocal expected
        found = _target(uri)
        found.metadata = {WRITER: mark}
        try:
            content.send(found, checksum="crc32c", if_generation_match=expected, **PATIENCE)
        except PreconditionFailed:
            if not _is_ours(found, mark):
                return False
        expected = found.generation
        checksums.compare(found, content.checksum)
        return True

    with explained(uri, missing=_bucket(uri)):
        return checksums.until_whole(attempt)


def _is_ours(found: Any, mark: str) -> bool:
    """Whether the object that an upload has met is the one that an earlier attempt made."""
    try:
        found.reload(**PATIENCE)
    except NotFound:
        return False
    return (found.metadata or {}).get(WRITER) == mark


def _send(found: Any, content: Content, **conditions: Any) -> None:
    content.send(found, checksum="crc32c", **conditions, **PATIENCE)
    _judge(found, content)


def _judge(found: Any, content: Content) -> None:
    """Takes a damaged object away at once, so that nobody reads it; its generation tells it from a later one."""
    try:
        checksums.compare(found, content.checksum)
    except DataCorruption:
        found.delete(if_generation_match=found.generation, **PATIENCE)
        raise


def _target(uri: str) -> Any:
    return blob(uri, chunk_size=PIECE_BYTES)


def _bucket(uri: str) -> str:
    return f"gs://{split(uri)[0]}"
