"""What has been examined, so that no file is read twice: a store's memory of its sources.

Beside the shards, ``ledger/<digest>.parquet`` holds one row for each file whose bytes were read: which file in which
version it was, and what came of it. The files of a ledger are only ever added; of two rows about one file the later
one counts. Files that could not be read are not in it, so that they are tried again.
"""

import hashlib
import io
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.progress import say
from lookalike_components.storage import create_bytes, join, list_files, local_path, read_bytes
from lookalike_components.storage.parquet import UNREADABLE, read_arrow

FOLDER = "ledger"
FILES_READ_AT_ONCE = 16

RULES = 1  # which images `pixels` accepts and what it tells of them; raised with those, it has all files read again

SCHEMA = pa.schema(
    {
        "uri": pa.string(),
        "version": pa.string(),  # of the file: the same version means the same bytes
        "image_id": pa.string(),  # sha256 of the bytes in hex; null where the file was refused
        "format": pa.string(),
        "width": pa.int64(),
        "height": pa.int64(),
        "perceptual_hash": pa.string(),
        "nbytes": pa.int64(),
        "reason": pa.string(),  # why the file was refused, as the predicate of a sentence; null where it was accepted
        "examined": pa.int64(),  # nanoseconds since 1970
        "rules": pa.int64(),
    }
)


class Entry(NamedTuple):
    """What came of one file; the columns of `SCHEMA`, which explains them."""

    uri: str
    version: str
    image_id: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    perceptual_hash: str | None = None
    nbytes: int | None = None
    reason: str | None = None
    examined: int = 0
    rules: int = RULES


def now() -> int:
    """The time for `Entry.examined`."""
    return time.time_ns()


def as_table(entries: Iterable[Entry]) -> pa.Table:
    """Entries as columns, in their order."""
    columns = list(zip(*entries, strict=True)) or [()] * len(SCHEMA)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def read_ledger(store: str, uris: pd.Index) -> pa.Table:
    """What the store remembers of some files.

    Args:
        store: Folder or prefix of the shards.
        uris: The files in question, each once.

    Returns:
        The columns of `SCHEMA`, one row for each of ``uris`` in their order; all null where nothing is known.
    """
    folder = join(store, FOLDER)
    path = local_path(folder)
    files = [] if path is not None and not path.exists() else [file.uri for file in list_files(folder)]

    def about_these(file: str) -> pa.Table:
        rows = _read(file)
        wanted = pa.array(uris.get_indexer(_uris(rows)) >= 0)
        return rows.filter(pc.and_(wanted, pc.equal(rows["rules"], RULES)))

    parquet = [file for file in files if file.endswith(".parquet")]
    return latest(in_order(about_these, parquet, threads=FILES_READ_AT_ONCE), uris)


def latest(tables: Iterable[pa.Table], uris: pd.Index) -> pa.Table:
    """The last entry about each of some files; of two of the same time, that which stands further back.

    Args:
        tables: Entries, with the columns of `SCHEMA`.
        uris: The files in question, each once.

    Returns:
        One row for each of ``uris`` in their order; all null where there is no entry.
    """
    entries = pa.concat_tables([SCHEMA.empty_table(), *tables]).combine_chunks()
    places = uris.get_indexer(_uris(entries))
    order = np.argsort(entries["examined"].fill_null(0).to_numpy(), kind="stable")
    order = order[places[order] >= 0]
    last = np.full(len(uris), -1)
    last[places[order]] = order
    return entries.take(pa.array(last, mask=last < 0))


def remember(store: str, entries: Iterable[Entry]) -> None:
    """Adds a file to the ledger, with those entries that say which version of their file they are about.

    Raises:
        LookalikeError: The store cannot be written to.
    """
    lasting = [entry for entry in entries if entry.version]
    if not lasting:
        return
    file = io.BytesIO()
    pq.write_table(as_table(lasting), file)
    create_bytes(join(store, FOLDER, f"{hashlib.sha256(file.getbuffer()).hexdigest()}.parquet"), file.getvalue())


def _read(file: str) -> pa.Table:
    """One file of a ledger; what is damaged, or no ledger's, is passed over: its images are read again."""
    data = io.BytesIO(read_bytes(file))
    try:
        return read_arrow(data).select(SCHEMA.names).cast(SCHEMA)
    except UNREADABLE:
        say(f"passes over {file}: it is damaged; delete it")
        return SCHEMA.empty_table()


def _uris(entries: pa.Table) -> "pd.Index[str]":
    uris: list[str] = entries["uri"].to_pylist()
    return pd.Index(uris, dtype=object)
