"""Small pictures of what is in the index, for people who look at results: read from the disk one at a time."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import pyarrow as pa

from lookalike_components.release.manifest import THUMBNAILS as THUMBNAILS

PICTURES_IN_A_BATCH = 1024
SCHEMA = pa.schema([pa.field("image_id", pa.string()), pa.field("webp", pa.binary())])


class Thumbnails:
    """The thumbnails of a release. The file is mapped into memory, so that only what is asked for is read."""

    def __init__(self, pictures: pa.Table) -> None:
        self._pictures = pictures
        self._rows = {image_id: row for row, image_id in enumerate(pictures["image_id"].to_pylist())}

    @classmethod
    def of(cls, folder: str | Path) -> Self | None:
        """The thumbnails in a release's folder; None where it has none."""
        path = Path(folder, THUMBNAILS)
        if not path.is_file():
            return None
        return cls(pa.ipc.open_file(pa.memory_map(str(path))).read_all())

    def get(self, image_id: str) -> bytes | None:
        """One picture as WebP; None where there is none."""
        row = self._rows.get(image_id)
        if row is None:
            return None
        webp: bytes = self._pictures["webp"][row].as_py()
        return webp


def write_thumbnails(draft: Path, image_ids: Iterable[str], pictures: Iterable[bytes]) -> None:
    """Writes the thumbnails of a release in the making, a batch at a time.

    Args:
        draft: Its folder.
        image_ids: sha256 of each picture's file.
        pictures: A WebP of each, in the same order.
    """
    with pa.OSFile(str(draft / THUMBNAILS), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        batch: list[tuple[str, bytes]] = []
        for entry in zip(image_ids, pictures, strict=True):
            batch.append(entry)
            if len(batch) == PICTURES_IN_A_BATCH:
                _write(writer, batch)
                batch = []
        _write(writer, batch)


def _write(writer: pa.ipc.RecordBatchFileWriter, batch: list[tuple[str, bytes]]) -> None:
    if batch:
        image_ids, pictures = zip(*batch, strict=True)
        writer.write_batch(pa.record_batch([pa.array(image_ids, pa.string()), pa.array(pictures, pa.binary())], SCHEMA))
