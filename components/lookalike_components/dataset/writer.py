"""Writes images, each exactly once, into immutable tar shards that are named by their content."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lookalike_components.dataset import contents
from lookalike_components.storage import create_bytes, join, local_path

SHARD_BYTES = 128 * 2**20


@dataclass(slots=True)
class Location:
    """Where an image's bytes lie.

    Attributes:
        image_id: sha256 of the bytes, in hex.
        shard: URI of the tar. A shard is named by its content, so this is "" until the writer has closed the shard;
            when the writer is closed, every location is complete.
        offset: Of the image's first byte within the tar.
        nbytes: Length of the image.
    """

    image_id: str
    shard: str
    offset: int
    nbytes: int


class ShardWriter:
    """Adds images to a store; what the store holds already is found again, not written again.

    A shard is an uncompressed tar of ``<sha256>.<format>`` files, readable as a WebDataset. Beside it lies the list of
    its images, by which a later writer knows them. Shards go to the store whole, at 128 MiB, so a writer that is
    killed loses the last unfinished shard only.

    Example:
        with ShardWriter("store") as writer:
            locations = [writer.add(data, "JPEG") for data in images]
    """

    def __init__(self, store_uri: str | Path, shard_bytes: int = SHARD_BYTES) -> None:
        path = local_path(store_uri)
        self._store = str(store_uri if path is None else path.resolve())
        self._shard_bytes = shard_bytes
        self._known = {row.image_id: Location(**row._asdict()) for row in contents.read_all(self._store)}
        self._begin()

    def add(self, data: bytes, format: str) -> Location:  # noqa: A002
        """Adds one image.

        Args:
            data: The file's bytes, kept as they are.
            format: Its format, such as ``JPEG``; becomes the suffix.
        """
        image_id = hashlib.sha256(data).hexdigest()
        if image_id not in self._known:
            self._known[image_id] = self._append(image_id, data, format)
        return self._known[image_id]

    def close(self) -> None:
        """Writes the last shard to the store."""
        if self._open:
            self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()

    def _append(self, image_id: str, data: bytes, format: str) -> Location:  # noqa: A002
        entry = tarfile.TarInfo(f"{image_id}.{format.lower()}")
        entry.size = len(data)
        location = Location(image_id, "", self._buffer.tell() + tarfile.BLOCKSIZE, len(data))
        self._tar.addfile(entry, io.BytesIO(data))
        self._open.append(location)
        if self._buffer.tell() >= self._shard_bytes:
            self._finish()
        return location

    def _begin(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        self._open: list[Location] = []

    def _finish(self) -> None:
        self._tar.close()
        content = self._buffer.getbuffer()
        shard = join(self._store, f"{hashlib.sha256(content).hexdigest()}.tar")
        create_bytes(shard, content)
        for location in self._open:
            location.shard = shard
        contents.write(shard, self._open)
        self._begin()
