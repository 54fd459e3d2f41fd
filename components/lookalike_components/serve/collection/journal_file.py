"""The file behind a journal: records with checksums, appended, and rewritten at once.

A record is ``LkJ1``, the length of its content, the crc32c of its content (both big-endian, 4 bytes), and its content:
the length of a JSON list of changes, that JSON, the float32 vectors of the entries that are added, in their order, and
their thumbnails. Thumbnails stay in the file: memory holds where each of them lies.
"""

import io
import json
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import google_crc32c
import numpy as np

from lookalike_components.errors import LookalikeError
from lookalike_components.serve.collection.changes import Addition, Change, Entry, Forgetting, Removal
from lookalike_components.serve.collection.places import Places
from lookalike_components.storage import replacing

MARK = b"LkJ1"
_HEAD = struct.Struct(">4sII")
_LENGTH = struct.Struct(">I")
_FLOAT = np.dtype("<f4")


class JournalFile:
    """One file of records. Only one thread may use it, but any may ask for thumbnails."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes an empty one.

        Raises:
            OSError: The folder is not there, or refuses.
        """
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _make_lasting(path.parent)
        self.size = os.fstat(self._descriptor).st_size
        """Bytes of whole records."""
        self.is_doubtful = False
        """Whether nobody knows what is on the disk: it has to be rewritten before anything is appended."""
        self._places = Places()
        self._lock = Lock()
        """Held while thumbnails are read, and while another file takes the place of the one they lie in."""

    def close(self) -> None:
        """Closes the file; everything appended is on the disk already."""
        with self._lock:
            self._places = Places()
            os.close(self._descriptor)

    def thumbnail(self, encoder: str, id_: str) -> bytes | None:
        """The thumbnail of an entry; None where there is none of it.

        Raises:
            OSError: The disk refuses.
        """
        with self._lock:
            place = self._places.of(encoder, id_)
            return os.pread(self._descriptor, place.nbytes, place.offset) if place else None

    def records(self) -> Iterator[list[Change]]:
        """Reads every record; a last one that was not written whole is cut away: nobody was told that it is kept.

        Raises:
            LookalikeError: A record is damaged though whole ones follow it.
        """
        with self._path.open("rb") as file:
            place = 0
            while content := _next_content(file.read(_HEAD.size), file.read):
                changes, place = decoded(content), file.tell()
                self._places.note(changes, place)
                yield changes
            file.seek(place)
            self._cut_away(place, file.read())

    def append(self, changes: Sequence[Change]) -> None:
        """Appends one record and returns once it is on the disk.

        Raises:
            OSError: It could not be written; the file is as it was, or `is_doubtful`.
        """
        record = encoded(changes)
        try:
            self._write(record)
        except OSError:
            self._take_back()
            raise
        try:
            os.fsync(self._descriptor)
        except OSError:
            # The system may have dropped the pages, and a second fsync would tell of success.
            self.is_doubtful = True
            raise
        self.size += len(record)
        self._places.note(changes, self.size)

    def rewrite(self, records: Iterable[Sequence[Change]]) -> None:
        """Puts a new file in place of this one, whole or not at all; the entries in it keep their thumbnails.

        Raises:
            LookalikeError: It could not be written; the file is as it was.
        """
        places = Places()
        with replacing(self._path) as draft, draft.open("wb") as file:
            for record in records:
                changes = [self._with_thumbnails(change) for change in record]
                file.write(encoded(changes))
                places.note(changes, file.tell())
            file.flush()
            os.fsync(file.fileno())
        self.is_doubtful = True  # what is open is no longer what has the name
        _make_lasting(self._path.parent)
        self._open_again(places)
        self.size, self.is_doubtful = os.fstat(self._descriptor).st_size, False

    def _with_thumbnails(self, change: Change) -> Change:
        if not isinstance(change, Addition):
            return change
        thumbnails = tuple(self.thumbnail(change.encoder, entry.id) or b"" for entry in change.entries)
        return replace(change, thumbnails=thumbnails)

    def _open_again(self, places: Places) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        with self._lock:
            os.close(self._descriptor)
            self._descriptor, self._places = descriptor, places

    def _write(self, record: bytes) -> None:
        written, view = 0, memoryview(record)
        while written < len(record):
            written += os.pwrite(self._descriptor, view[written:], self.size + written)

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.size)
        except OSError:
            self.is_doubtful = True

    def _cut_away(self, place: int, rest: bytes) -> None:
        if rest and _has_record(rest):
            raise LookalikeError(
                f"the journal {self._path} is damaged at byte {place:,} and has whole records after it; "
                "restore it from a backup, or move it away to begin anew"
            )
        if rest:
            os.ftruncate(self._descriptor, place)
            os.fsync(self._descriptor)
        self.size = place


def encoded(changes: Sequence[Change]) -> bytes:
    """One record."""
    text = json.dumps([_to_json(change) for change in changes], separators=(",", ":")).encode()
    additions = [change for change in changes if isinstance(change, Addition)]
    vectors = [addition.vectors.astype(_FLOAT).tobytes() for addition in additions]
    thumbnails = [webp for addition in additions for webp in addition.thumbnails]
    content = b"".join([_LENGTH.pack(len(text)), text, *vectors, *thumbnails])
    return _HEAD.pack(MARK, len(content), google_crc32c.value(content)) + content


def decoded(content: bytes) -> list[Change]:
    """The changes of one record."""
    rest = io.BytesIO(content)
    (length,) = _LENGTH.unpack(rest.read(_LENGTH.size))
    described = json.loads(rest.read(length))
    vectors = [rest.read(_vector_bytes(fields)) for fields in described]
    thumbnails = [tuple(rest.read(nbytes) for nbytes in fields.get("thumbnails", ())) for fields in described]
    return [_from_json(*parts) for parts in zip(described, vectors, thumbnails, strict=True)]


def _vector_bytes(fields: dict[str, Any]) -> int:
    nbytes: int = len(fields.get("entries", ())) * fields.get("dimension", 0) * _FLOAT.itemsize
    return nbytes


def _to_json(change: Change) -> dict[str, Any]:
    match change:
        case Addition(encoder, entries, vectors, thumbnails):
            rows = [[entry.id, entry.uri, entry.label, dict(entry.columns)] for entry in entries]
            fields = {"do": "add", "encoder": encoder, "dimension": vectors.shape[1], "entries": rows}
            return fields | ({"thumbnails": [len(webp) for webp in thumbnails]} if any(thumbnails) else {})
        case Removal(ids, hidden):
            return {"do": "remove", "ids": ids, "hidden": hidden}
        case Forgetting(encoder):
            return {"do": "forget", "encoder": encoder}


def _from_json(fields: dict[str, Any], vectors: bytes, thumbnails: tuple[bytes, ...]) -> Change:
    match fields["do"]:
        case "add":
            entries = tuple(Entry(*row) for row in fields["entries"])
            rows = np.frombuffer(vectors, _FLOAT).reshape(len(entries), fields["dimension"])
            return Addition(fields["encoder"], entries, rows.astype(np.float32, copy=False), thumbnails)
        case "remove":
            return Removal(tuple(fields["ids"]), tuple(fields["hidden"]))
        case "forget":
            return Forgetting(fields["encoder"])
        case other:
            raise LookalikeError(
                f"the journal holds a change of a kind that this version does not know ({other!r:.50}); "
                "start the version that wrote it, or a later one"
            )


def _next_content(head: bytes, read: Any) -> bytes | None:
    """The content after a record's head, or None where it is not whole."""
    if len(head) < _HEAD.size:
        return None
    mark, length, checksum = _HEAD.unpack(head)
    if mark != MARK:
        return None
    content: bytes = read(length)
    return content if len(content) == length and google_crc32c.value(content) == checksum else None


def _has_record(data: bytes) -> bool:
    place = data.find(MARK)
    while place >= 0:
        rest = memoryview(data)[place + _HEAD.size :]
        if _next_content(data[place : place + _HEAD.size], lambda length, rest=rest: bytes(rest[:length])):
            return True
        place = data.find(MARK, place + 1)
    return False


def _make_lasting(folder: Path) -> None:
    """Makes sure that the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
