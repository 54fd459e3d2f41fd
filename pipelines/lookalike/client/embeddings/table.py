"""The Parquet file that embeddings are kept in: a row a picture, and in its metadata what made them.

Columns: ``id`` (sha256 of the image file's bytes), ``picture`` (path or URI), ``label`` (where the source tells one),
whatever else the source says of a picture, and ``embedding``, a list of float32 of one fixed length.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike_components.errors import UserError

METADATA = b"lookalike"
OWN = ("id", "picture", "label", "embedding")
ROWS = 4_096
"""Rows that are in memory at once when a file is read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What made the embeddings of a file."""

    encoder: str
    """Digest (sha256, hex) of the encoder."""
    release: str
    """Digest of the release that it was in."""
    dimension: int
    """Numbers of one embedding."""

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """What a server's manifest says."""
        encoder = manifest["encoder"]
        return cls(str(encoder["digest"]), str(manifest["digest"]), int(encoder["dimension"]))


def table_of(columns: pa.Table, vectors: npt.NDArray[np.float32], origin: Origin) -> pa.Table:
    """Puts float32 ``[n, d]`` beside what else is known of the pictures."""
    values = pa.array(np.ascontiguousarray(vectors, np.float32).ravel(), pa.float32())
    embedding = pa.FixedSizeListArray.from_arrays(values, origin.dimension)
    return columns.append_column("embedding", embedding).replace_schema_metadata(
        {METADATA: json.dumps(asdict(origin)).encode()}
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file."""

    ids: list[str]
    pictures: list[str]
    labels: list[str | None]
    """None where a picture has none."""
    columns: list[dict[str, Any]]
    """What else the source says of each picture; numbers, texts, booleans."""
    vectors: npt.NDArray[np.float32]
    """float32 ``[n, d]``."""


class EmbeddingsFile:
    """A file of embeddings, read a few rows at a time."""

    def __init__(self, path: str | Path) -> None:
        """Reads what the file says of itself.

        Raises:
            UserError: It cannot be read, or holds no embeddings of ours.
        """
        self.path = Path(path)
        try:
            self._file = pq.ParquetFile(self.path)
        except (OSError, pa.ArrowInvalid) as error:
            reason = getattr(error, "strerror", None) or "it is no Parquet file"
            raise UserError(
                f"the embeddings {path} cannot be read ({reason}); make them with `lookalike encode ... --url URL "
                "--output FILE.parquet`"
            ) from error
        self.origin = _origin(self._file.schema_arrow, path)
        self.rows: int = self._file.metadata.num_rows

    def batches(self) -> Iterator[Rows]:
        """Its rows in their order."""
        for batch in self._file.iter_batches(ROWS):
            yield _rows(batch, self.origin.dimension)


def joined(parts: Sequence[Path], path: Path) -> None:
    """Writes the rows of several files into one, a file after the other."""
    schema = pq.read_schema(parts[0])
    schema = schema.with_metadata({METADATA: schema.metadata[METADATA]})
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))


def _origin(schema: pa.Schema, path: str | Path) -> Origin:
    try:
        return Origin(**json.loads((schema.metadata or {})[METADATA]))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} does not say which encoder made its embeddings; make it with `lookalike encode ... --url URL "
            "--output FILE.parquet`"
        ) from error


def _rows(batch: pa.RecordBatch, dimension: int) -> Rows:
    others = [name for name in batch.schema.names if name not in OWN]
    # Flattened and not as lists: a million numbers would each become an object.
    vectors = batch.column("embedding").flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
    labels = batch.column("label").to_pylist() if "label" in batch.schema.names else [None] * batch.num_rows
    return Rows(
        ids=batch.column("id").to_pylist(),
        pictures=batch.column("picture").to_pylist(),
        labels=labels,
        columns=batch.select(others).to_pylist() if others else [{} for _ in range(batch.num_rows)],
        vectors=vectors.astype(np.float32, copy=False),
    )
