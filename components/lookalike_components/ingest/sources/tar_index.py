"""What lies where in a tar: one pass over its headers, remembered for those in a bucket.

A tar has no directory. Its headers lie between the images, so that a tar in a bucket has to be read through to be
listed: once, after which the list lies in the store, under the name of the tar and its version.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources.members import LEADS_OUT, folder_name, leads_out
from lookalike_components.storage import create_bytes, exists, join, local_path, open_file, read_bytes
from lookalike_components.storage.parquet import read_arrow

FOLDER = "listings"
MOST_HEADER_BYTES = 2**20  # of one entry's name and attributes
MOST_TEXT_BYTES = 2**20
TEXTS = (".cls", ".json", ".txt")  # files that may say something about an image; they are read in the same pass
DAMAGES = (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError, OSError)


class Entry(NamedTuple):
    """One entry of a tar that is no folder: its name as a folder would have it, and where its bytes are.

    ``text`` is what a small file of `TEXTS` holds; ``refusal`` says why an entry is of no use, "" where it may be.
    """

    name: str
    offset: int
    nbytes: int
    text: bytes
    refusal: str


def index(uri: str, version: str, store: str) -> list[Entry]:
    """The entries of a tar, in its order.

    Args:
        uri: The tar.
        version: The same version means the same bytes.
        store: Where the list is remembered, if both are in a bucket.

    Raises:
        UserError: The tar is torn or damaged.
    """
    if local_path(uri) is not None or local_path(store) is not None:
        return _read_through(uri)
    name = hashlib.sha256(f"{uri}\n{version}".encode()).hexdigest()
    remembered = join(store, FOLDER, f"{name}.parquet")
    if exists(remembered):
        rows = read_arrow(io.BytesIO(read_bytes(remembered))).to_pydict()
        return [Entry(*row) for row in zip(*(rows[field] for field in Entry._fields), strict=True)]
    found = _read_through(uri)
    columns = list(zip(*found, strict=True)) or [()] * len(Entry._fields)
    file = io.BytesIO()
    pq.write_table(pa.table(dict(zip(Entry._fields, map(list, columns), strict=True))), file)
    create_bytes(remembered, file.getvalue())
    return found


def entries(file: BinaryIO, uri: str) -> Iterator[Entry]:
    """The entries of an open tar, in its order.

    Raises:
        UserError: The tar is torn or damaged.
    """
    file.seek(0)
    try:
        with tarfile.TarFile(fileobj=_Headers(file)) as tar:  # type: ignore[arg-type]
            end = -1
            while (found := tar.next()) is not None:
                if tar.offset <= end:
                    raise tarfile.ReadError("an entry leads back to an earlier one")
                end = tar.offset
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep all of them
                if not found.isdir():
                    yield _entry(found, file)
            _expect_end(file, tar.offset)
    except DAMAGES as error:
        raise UserError(f"{uri} is torn, or no tar archive ({error}); copy or make it again") from error


def _read_through(uri: str) -> list[Entry]:
    with open_file(uri) as file:
        return list(entries(file, uri))


def _entry(found: tarfile.TarInfo, file: BinaryIO) -> Entry:
    text = b""
    if found.isreg() and found.name.lower().endswith(TEXTS) and found.size <= MOST_TEXT_BYTES:
        file.seek(found.offset_data)
        text = file.read(found.size)
    return Entry(folder_name(found.name), found.offset_data, found.size, text, _refusal(found))


def _refusal(found: tarfile.TarInfo) -> str:
    if leads_out(found.name):
        return LEADS_OUT
    if found.issym() or found.islnk():
        return "is a link; the archive has the file itself under another name, or not at all"
    if not found.isreg() or found.issparse():
        return "is not a plain file"
    return ""


def _expect_end(file: BinaryIO, offset: int) -> None:
    """A tar ends with blocks of zeros; one that does not was cut off, or its headers are damaged."""
    file.seek(offset)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it has no end")


class _Headers:
    """A file of which tarfile reads headers alone: a length in them that is a lie must not fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, nbytes: int) -> bytes:
        if nbytes > MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header claims {nbytes:,} bytes")
        return self._file.read(nbytes)
