"""Looks at every image of a source once, and keeps what there is to tell about it in columns."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from threading import BoundedSemaphore
from typing import Any

import pandas as pd
import pyarrow as pa

from lookalike_components.dataset import in_order
from lookalike_components.errors import UserError
from lookalike_components.ingest.examine import reason
from lookalike_components.ingest.sources import Source
from lookalike_components.pixels import BrokenImage, inspect_closely
from lookalike_components.storage.parquet import as_frame

SCHEMA = pa.schema(
    {
        "reason": pa.string(),  # why it is refused; null where it is accepted
        "image_id": pa.string(),
        "nbytes": pa.int64(),
        "format": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "perceptual_hash": pa.string(),
        "sharpness": pa.float32(),
        "brightness": pa.float32(),
        "contrast": pa.float32(),
    }
)
ROWS_AT_ONCE = 4096  # kept as Python's objects before they become columns
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_DECODERS = BoundedSemaphore(CORES)  # the other threads wait for a disk or a network

Seen = dict[str, Any]


def look_at(source: Source) -> Iterator[Seen]:
    """Reads and decodes every image of a source, and passes on what there is to tell, in the order of the listing."""
    threads = max(CORES, source.reads_at_once)
    yield from in_order(partial(_look, source), source.listing["uri"], threads=threads, give_up=source.close)


def in_columns(listing: pd.DataFrame, seen: Iterable[Seen]) -> pd.DataFrame:
    """The rows of a listing with what `look_at` saw of each, and the column ``position``."""
    tables = (pa.Table.from_pylist(batch, SCHEMA) for batch in _batches(iter(seen)))
    columns = as_frame(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    own = listing.drop(columns=["version", "shard", "offset", *SCHEMA.names], errors="ignore")
    return own.assign(position=range(len(listing))).join(columns)


def _look(source: Source, uri: str) -> Seen:
    try:
        content = source.read(uri)
    except UserError as error:  # missing, too large, of a scheme that cannot be read: the others may be fine
        return {"reason": reason(error, uri)}
    data = content.data if content else b""
    try:
        with _DECODERS:
            facts, quality = inspect_closely(data)
    except BrokenImage as error:
        return {"reason": str(error), "nbytes": len(data)}
    told = {name: getattr(about, name) for about in (facts, quality) for name in about.__slots__}
    return told | {"image_id": hashlib.sha256(data).hexdigest(), "nbytes": len(data)}


def _batches(seen: Iterator[Seen]) -> Iterator[list[Seen]]:
    while batch := list(islice(seen, ROWS_AT_ONCE)):
        yield batch
