"""Writes images, each exactly once, into immutable tar shards that are named by their content."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from lookalike_components.dataset import ledger
from lookalike_components.dataset.contents import read_places
from lookalike_components.dataset.ledger import Entry
from lookalike_components.dataset.open_shard import OpenShard
from lookalike_components.dataset.places import Contents, as_ids
from lookalike_components.storage import local_path
from lookalike_components.storage.local import clear_abandoned

SHARD_BYTES = 128 * 2**20
MOST_ENTRIES = 20_000  # kept as Python's objects before they become columns


@dataclass(slots=True)
class Location:
    """Where an image's bytes lie.

    Attributes:
        image_id: sha256 of the bytes, in hex.
        shard: URI of the tar. A shard is named by its content, so this is "" until the writer has written the shard;
            when the writer is closed, every location is complete.
        offset: Of the image's first byte within the tar.
        nbytes: Length of the image.
    """

    image_id: str
    shard: str
    offset: int
    nbytes: int


Locations = dict[str, Location]


class ShardWriter:
    """Adds images to a store; what the store holds already is found again, not written again.

    Shards are written whole, at 128 MiB, while the next one fills: first the tar, then the list of its images by which
    a later writer knows them, then what the ledger is to remember of the files examined meanwhile. A writer that is
    killed in between loses nothing that was written, and no more than two shards of work.

    Attributes:
        store: URI of the store, absolute.
        places: Every image that the store was known to hold; complete when the writer is closed.
        entries: What was remembered, in columns; complete when the writer is closed.
        written: How many images are new.

    Example:
        with ShardWriter("store") as writer:
            locations = [writer.add(data, "JPEG") for data in images]
    """

    def __init__(self, store_uri: str | Path, shard_bytes: int = SHARD_BYTES) -> None:
        path = local_path(store_uri)
        self.store = str(store_uri if path is None else os.path.realpath(path))
        if path is not None:
            clear_abandoned(Path(self.store))
            clear_abandoned(Path(self.store, ledger.FOLDER))
        self.places = read_places(self.store)
        self.entries: list[pa.Table] = []
        self.written = 0
        self._shard_bytes = shard_bytes
        self._background = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._upload: Future[Contents | None] | None = None
        self._uploading: Locations = {}
        self._begin()

    def add(self, data: bytes, format: str, image_id: str = "") -> Location:  # noqa: A002
        """Adds one image.

        Args:
            data: The file's bytes, kept as they are.
            format: Its format, such as ``JPEG``; becomes the suffix.
            image_id: sha256 of the bytes in hex, where it is known already.

        Raises:
            LookalikeError: The store cannot be written to.
        """
        image_id = image_id or hashlib.sha256(data).hexdigest()
        known = self._filling.get(image_id) or self._uploading.get(image_id) or self._stored(image_id)
        return known or self._append(image_id, data, format)

    def remember(self, entry: Entry) -> None:
        """Keeps what came of a file, for the ledger if its version is known; goes there with the next shard."""
        self._entries.append(entry)
        if len(self._entries) >= MOST_ENTRIES:
            self._hand_over()

    def close(self) -> None:
        """Writes the last shard to the store, and waits until everything is there."""
        self._hand_over()
        self._settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        with self._background:
            if kind is None:
                self.close()

    def _stored(self, image_id: str) -> Location | None:
        row = self.places.find(as_ids([image_id]))
        if row[0] < 0:
            return None
        shard, offset, nbytes = self.places.at(row).iloc[0]
        return Location(image_id, shard, int(offset), int(nbytes))

    def _append(self, image_id: str, data: bytes, format: str) -> Location:  # noqa: A002
        location = Location(image_id, "", self._shard.add(image_id, data, format), len(data))
        self._filling[image_id] = location
        self.written += 1
        if self._shard.nbytes >= self._shard_bytes:
            self._hand_over()
        return location

    def _begin(self) -> None:
        self._shard = OpenShard()
        self._filling: Locations = {}
        self._entries: list[Entry] = []

    def _hand_over(self) -> None:
        """Leaves what has gathered to the thread in the background, once that is done with the last."""
        self._settle()
        self._uploading = self._filling
        self._upload = self._background.submit(self._write, self._shard, self._entries)
        self._begin()

    def _write(self, shard: OpenShard, entries: list[Entry]) -> Contents | None:
        contents = shard.write(self.store) if len(shard) else None
        self.entries.append(ledger.as_table(entries))
        ledger.remember(self.store, entries)
        return contents

    def _settle(self) -> None:
        contents = self._upload.result() if self._upload else None
        if contents:
            self.places = self.places.with_shard(contents)
            for location in self._uploading.values():
                location.shard = contents.shard
        self._upload, self._uploading = None, {}
