"""Are these the bytes that the bucket has? Every object carries a crc32c, made by the service from what it received."""

import base64
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from google.api_core.exceptions import BadRequest
from google.cloud.storage.exceptions import DataCorruption
from google_crc32c import extend

ATTEMPTS = 3
PIECE_BYTES = 2**20

Result = TypeVar("Result")


def of_bytes(data: bytes | memoryview) -> str:
    """The crc32c as Google writes it (base64)."""
    return _of(io.BytesIO(data))


def of_file(path: str | Path) -> str:
    """The crc32c of a file on this machine."""
    with Path(path).open("rb") as file:
        return _of(file)


def _of(file: BinaryIO) -> str:
    checksum = 0
    while piece := file.read(PIECE_BYTES):
        checksum = extend(checksum, piece)
    return base64.b64encode(checksum.to_bytes(4, "big")).decode()


def agrees(blob: Any, checksum: str) -> bool:
    """Whether the bytes here are the object's.

    An object that is stored compressed is unpacked on its way here, where Google's client compares the packed bytes.
    """
    return blob.content_encoding == "gzip" or blob.crc32c in {None, checksum}


def compare(blob: Any, checksum: str) -> None:
    """Raises DataCorruption where the bytes here are not the object's."""
    if not agrees(blob, checksum):
        raise DataCorruption(None, f"crc32c is {checksum} here and {blob.crc32c} in {blob.bucket.name}")


def until_whole(attempt: Callable[[], Result]) -> Result:
    """Tries again when bytes were damaged on their way; a few times.

    A service that compares checksums itself answers a damaged upload with 400.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(DataCorruption, BadRequest):
            return attempt()
    return attempt()
