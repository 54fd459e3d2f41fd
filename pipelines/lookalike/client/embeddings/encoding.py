"""A source's pictures to a file of embeddings, through a server; killed at any moment, it goes on where it was.

The file grows part by part in a folder beside it. A part is named by what is in it: the pictures with their versions
and all that the source says of them, and the encoder. So the next run finds those that are done, whatever changed in
between.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.client.embeddings.described import described
from lookalike.client.embeddings.part import Encoder, Part
from lookalike.client.embeddings.table import Origin, joined
from lookalike_components.errors import UserError
from lookalike_components.ingest.sources import Source
from lookalike_components.storage.local import replacing

ROWS = 1_024
"""Pictures of one part: so many are encoded again at the most after a kill."""
REFUSED = b"refused"


@dataclass(slots=True)
class Outcome:
    """What became of the pictures of a source."""

    encoded: int = 0
    """Embedded now."""
    kept: int = 0
    """Embedded by an earlier run that was interrupted."""
    refused: dict[str, str] = field(default_factory=dict)
    """Pictures that are not in the file, each with the reason."""


def encode_source(
    encoder: Encoder, origin: Origin, source: Source, output: Path, progress: Callable[[int], object] = lambda _: None
) -> Outcome:
    """Embeds every picture of a source that can be, and writes the file when all are done.

    Args:
        encoder: A client of the server.
        origin: What is in service there.
        source: The pictures.
        output: The Parquet file; one that is there already is replaced at the end.
        progress: Called with the number of further pictures that are done.

    Raises:
        UserError: Not a single picture can be embedded, or a column of the source has a name that the file needs.
        ServiceError: The server does not answer any more, or took up another encoder.
    """
    rows, versions = described(source.listing), source.listing["version"].tolist()
    folder = output.with_name(f"{output.name}.parts")
    folder.mkdir(parents=True, exist_ok=True)
    outcome, paths = Outcome(), []
    for start in range(0, len(rows), ROWS):
        part = Part(encoder, origin, source, rows.slice(start, ROWS), progress)
        name = _name(origin, versions[start : start + ROWS], part.rows)
        paths.append(_finished(part, folder / f"{name}.parquet", outcome))
    if not outcome.encoded + outcome.kept:
        uri, reason = next(iter(outcome.refused.items()))
        raise UserError(f"no picture of the source could be embedded: {uri} {reason}")
    with replacing(output) as draft:
        joined([path for path in paths if pq.read_metadata(path).num_rows], draft)
    shutil.rmtree(folder)
    return outcome


def _finished(part: Part, path: Path, outcome: Outcome) -> Path:
    """The file of a part, made unless it is there."""
    if path.is_file():
        outcome.kept += pq.read_metadata(path).num_rows
        outcome.refused |= json.loads(pq.read_schema(path).metadata[REFUSED])
        part.progress(len(part.rows))
        return path
    table, refused = part.encoded()
    metadata = {**table.schema.metadata, REFUSED: json.dumps(refused).encode()}
    with replacing(path) as draft:
        pq.write_table(table.replace_schema_metadata(metadata), draft)
    outcome.encoded += table.num_rows
    outcome.refused |= refused
    return path


def _name(origin: Origin, versions: list[str], rows: pa.Table) -> str:
    named = json.dumps([origin.encoder, versions, str(rows.schema), rows.to_pylist()], default=str)
    return hashlib.sha256(named.encode()).hexdigest()
