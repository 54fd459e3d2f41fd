"""Writes the shards that begin in one part of a source, just as *ingest* alone would write them."""

import hashlib
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset import OpenShard, Places, as_ids, in_order, read_ledger, read_places, room
from lookalike_components.errors import UserError
from lookalike_components.ingest.fan_out.config import PartConfig
from lookalike_components.ingest.fan_out.parts import open_again, read_files
from lookalike_components.ingest.sources import Source
from lookalike_components.progress import Facts, say, track
from lookalike_components.storage.parquet import as_frame

Rows = NDArray[np.int64]


def pack_part(config: PartConfig, path: str | Path) -> Facts:
    """Writes those of the shards whose first image is in the part.

    Args:
        config: Which part, where the store is, and the size of a shard.
        path: What `divide` wrote; the ledger has to know all of it.

    Returns:
        ``shards`` written and the images ``moved`` with them.

    Raises:
        LookalikeError: The source is out of reach, or the store cannot be written to.
    """
    files = read_files(path)
    entries = as_frame(read_ledger(config.store, pd.Index(files["uri"], dtype=object))).assign(uri=files["uri"])
    new = _new(entries, read_places(config.store))
    ends = cut(entries["nbytes"].to_numpy()[new].astype(np.int64), config.shard_megabytes * 2**20)
    mine = [rows for rows in np.split(new, ends) if len(rows) and files["partition"][rows[0]] == config.partition]
    facts = {"shards": 0, "moved": 0}
    with open_again(config, files) as source:
        for rows in track(mine, len(mine), "shards"):
            if shard := _filled(entries.iloc[rows], source):
                shard.write(config.store)
                facts = {"shards": facts["shards"] + 1, "moved": facts["moved"] + len(rows)}
    return facts


def cut(nbytes: Rows, shard_bytes: int) -> list[int]:
    """Where shards end: as soon as one has ``shard_bytes``.

    Args:
        nbytes: ``[n]`` sizes of the images, in the order in which they are added.
        shard_bytes: Size at which a shard is closed.

    Returns:
        For each shard but the last the number of images in it and in those before it.
    """
    filled = np.cumsum(room(nbytes))
    ends: list[int] = []
    while True:
        begun = filled[ends[-1] - 1] if ends else 0
        end = int(np.searchsorted(filled, begun + shard_bytes)) + 1
        if end >= len(filled):
            return ends
        ends.append(end)


def _new(entries: pd.DataFrame, places: Places) -> Rows:
    """Rows of the images that are accepted and not in the store, each image once."""
    ids = entries["image_id"]
    stored = places.find(as_ids(ids.fillna("").to_numpy())) >= 0
    return np.flatnonzero(ids.notna() & ~ids.duplicated() & ~stored)


def _filled(entries: pd.DataFrame, source: Source) -> OpenShard | None:
    """The shard of these images; None where a file has changed since it was examined."""
    shard = OpenShard()
    columns = [entries[name] for name in ("uri", "image_id", "format")]
    with closing(
        in_order(partial(_bytes, source=source), columns[0], threads=source.reads_at_once, size=len)
    ) as contents:
        for data, uri, image_id, form in zip(contents, *columns, strict=True):
            if hashlib.sha256(data).hexdigest() != image_id:
                say(f"leaves a shard to ingest: {uri} is not what it was when it was examined")
                return None
            shard.add(image_id, data, form)
    return shard


def _bytes(uri: str, source: Source) -> bytes:
    try:
        content = source.read(uri)
    except UserError:  # ingest will say so
        return b""
    return content.data if content else b""
