"""One object at a time, through memory."""

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, cast

from google.api_core.exceptions import NotFound, PreconditionFailed, RequestRangeNotSatisfiable
from google.cloud.storage.fileio import BlobReader

from lookalike_components.storage.bucket import checksums
from lookalike_components.storage.bucket.connection import PATIENCE, blob, client, explained, split
from lookalike_components.storage.bucket.uploads import create, of_bytes, put, replace
from lookalike_components.storage.file_facts import FileFacts

READ_AHEAD = 2**20
OBJECTS_A_PAGE = 1000
LISTED = "items(name,size,generation,crc32c,contentEncoding),nextPageToken"


def read_bytes(uri: str) -> bytes:
    """The whole object, compared with its checksum."""
    with explained(uri):
        return checksums.until_whole(lambda: _read(blob(uri)))


def _read(found: Any) -> bytes:
    data = bytes(found.download_as_bytes(checksum="crc32c", **PATIENCE))
    checksums.compare(found, checksums.of_bytes(data))  # Google's client leaves this out after an interruption
    return data


def read_range(uri: str, offset: int, nbytes: int) -> bytes:
    """At most ``nbytes`` bytes from ``offset`` on; the service has no checksum for a part of an object."""
    with explained(uri):
        try:
            return bytes(blob(uri).download_as_bytes(start=offset, end=offset + nbytes - 1, checksum=None, **PATIENCE))
        except RequestRangeNotSatisfiable:
            return b""


def write_bytes(uri: str, data: bytes | memoryview) -> None:
    """Puts an object there, whole, in place of any other."""
    put(uri, of_bytes(data))


def create_bytes(uri: str, data: bytes | memoryview) -> bool:
    """Puts an object there, whole, unless there is one."""
    return create(uri, of_bytes(data))


def replace_bytes(uri: str, data: bytes | memoryview, version: str) -> bool:
    """Puts an object there, whole, in place of the one of this generation."""
    return replace(uri, of_bytes(data), int(version)) if version else create(uri, of_bytes(data))


def remove(uri: str) -> None:
    """Takes an object away, where it is there."""
    with explained(uri), suppress(NotFound):
        blob(uri).delete(**PATIENCE)


def exists(uri: str) -> bool:
    """Whether there is an object of exactly this name."""
    with explained(uri):
        return bool(blob(uri).exists(**PATIENCE))


def facts(uri: str) -> FileFacts:
    """Length and generation of an object."""
    with explained(uri):
        found = blob(uri)
        found.reload(**PATIENCE)
        return FileFacts(uri, found.size, str(found.generation))


def list_files(uri: str) -> Iterator[FileFacts]:
    """Every object below a prefix, page by page, in the bucket's order, which is sorted by name."""
    bucket, _ = split(uri)
    for found in list_blobs(uri):
        yield FileFacts(f"gs://{bucket}/{found.name}", found.size, str(found.generation))


def list_blobs(uri: str) -> Iterator[Any]:
    """The same with their checksums."""
    bucket, key = split(uri)
    prefix = f"{key.rstrip('/')}/" if key else ""
    with explained(uri):
        for found in client().list_blobs(bucket, prefix=prefix, fields=LISTED, page_size=OBJECTS_A_PAGE, **PATIENCE):
            if not found.name.endswith("/"):  # the console writes such objects to show an empty folder
                yield found


class _Reader(BlobReader):  # type: ignore[misc]
    """Google's reader, with its errors in our words and the object held to the content it had at first."""

    def __init__(self, uri: str) -> None:
        with explained(uri):
            found = blob(uri)
            found.reload(**PATIENCE)
        super().__init__(found, READ_AHEAD, if_generation_match=found.generation, **PATIENCE)
        self._uri = uri
        self._checksum = found.crc32c

    def read(self, size: int = -1) -> bytes:
        with explained(self._uri):
            data = bytes(super().read(size))
            if self._blob.crc32c != self._checksum:  # every answer tells the whole object's
                raise PreconditionFailed("another content")
        return data


def open_file(uri: str) -> BinaryIO:
    """A seekable reader that fetches what is read, a mebibyte at a time."""
    return cast(BinaryIO, io.BufferedReader(_Reader(uri)))
