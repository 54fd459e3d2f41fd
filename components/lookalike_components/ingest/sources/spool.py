"""Compressed tars are unpacked once, into an unnamed temporary file of a bounded size."""

import bz2
import errno
import gzip
import lzma
import tempfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import say
from lookalike_components.storage import facts, open_file

MOST_BYTES = 2**40
MOST_RATIO = 100  # images hardly shrink; 1:1000 is what an archive made to do harm reaches
ALWAYS_ALLOWED = 64 * 2**20
PIECE_BYTES = 2**20
DAMAGES = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)


def _unzstd(file: BinaryIO) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")


UNPACKERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".tar.gz": lambda file: gzip.GzipFile(fileobj=file),
    ".tgz": lambda file: gzip.GzipFile(fileobj=file),
    ".tar.bz2": bz2.BZ2File,
    ".tbz2": bz2.BZ2File,
    ".tar.xz": lzma.LZMAFile,
    ".txz": lzma.LZMAFile,
    ".tar.zst": _unzstd,
}
PACKED_TARS = tuple(UNPACKERS)


def is_packed(uri: str) -> bool:
    """Whether the name ends like a compressed tar's."""
    return uri.lower().endswith(PACKED_TARS)


def spooled(uri: str, most_ratio: int = MOST_RATIO) -> BinaryIO:
    """Unpacks a compressed tar.

    Returns:
        A temporary file, without a name and open, so that it vanishes with the process.

    Raises:
        UserError: The archive is torn or damaged, or unpacks to far more than images do.
        LookalikeError: The disk is full.
    """
    unpacker = next(unpacker for suffix, unpacker in UNPACKERS.items() if uri.lower().endswith(suffix))
    most = min(MOST_BYTES, max(ALWAYS_ALLOWED, most_ratio * facts(uri).nbytes))
    say(f"unpacks {uri} into a temporary file")
    spool = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    try:
        with open_file(uri) as packed, unpacker(packed) as unpacked:
            _copy(unpacked, spool, uri, most)
        spool.flush()
    except BaseException:
        spool.close()
        raise
    return spool


def _copy(unpacked: Any, spool: Any, uri: str, most: int) -> None:
    while piece := _next(unpacked, uri):
        if spool.tell() + len(piece) > most:
            raise UserError(
                f"{uri} unpacks to more than {most / 2**20:,.0f} MiB, unlike images; unpack it, and pass the folder"
            )
        _write(spool, piece)


def _next(unpacked: Any, uri: str) -> bytes:
    try:
        return bytes(unpacked.read(PIECE_BYTES))
    except DAMAGES as error:
        raise UserError(f"{uri} is torn or damaged ({error}); copy or make it again") from error


def _write(spool: Any, piece: bytes) -> None:
    try:
        spool.write(piece)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise LookalikeError(
            f"no space left in {tempfile.gettempdir()} to unpack the archive; free some, or point TMPDIR elsewhere"
        ) from error
