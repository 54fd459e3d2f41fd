"""Moves the images of a source into shards and writes the image table."""

from pathlib import Path

import pandas as pd

from lookalike_components.dataset import ShardWriter, latest, read_ledger, write_table
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.moving import move
from lookalike_components.ingest.plan import plan
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.ingest.tables import images_of, quarantine_of
from lookalike_components.progress import Facts, say
from lookalike_components.storage import replacing

REFUSALS_TOLD = 5


def ingest(config: IngestConfig, images_path: str | Path, quarantine_path: str | Path) -> Facts:
    """Checks every image of a source, writes each accepted one once into shards, and lists both kinds.

    What the store's ledger knows of a file is believed as long as the file keeps its version; its bytes are then not
    read again.

    Args:
        config: Source, store and size of the shards.
        images_path: Image table to write (Parquet): one row for each accepted image, in the order of the source.
        quarantine_path: Table of what was refused (Parquet): ``uri, position, reason``.

    Returns:
        ``images`` accepted, ``refused``, ``moved`` to the store, and ``labels`` where the source brought any.

    Raises:
        UserError: The source cannot be read, lists no images, or none of them can be used.
        LookalikeError: The store cannot be written to.
    """
    with open_source(config) as source:
        images, quarantine, moved = _move(source, config)
    _tell(quarantine)
    if images.empty:
        raise UserError(_nothing_accepted(config.source, quarantine))
    write_table(images, images_path)
    with replacing(quarantine_path) as temporary:
        quarantine.to_parquet(temporary, index=False)
    return _facts(images, quarantine, moved)


def _move(source: Source, config: IngestConfig) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Image table, quarantine, and how many images are new in the store."""
    files = source.listing.drop_duplicates("uri")
    uris = pd.Index(files["uri"], dtype=object)
    with ShardWriter(config.store, config.shard_megabytes * 2**20) as writer:
        known = read_ledger(writer.store, uris)
        pending = plan(files, known, None if source.referenced else writer.places, config.most_bytes)
        if at_hand := len(files) - len(pending.pending):
            say(f"{at_hand:,} of {len(files):,} files are as they were when they were read last")
        move(pending, source.read, source.reads_at_once, writer, not source.referenced, source.close)
    entries = latest([known, *writer.entries], uris).take(uris.get_indexer(source.listing["uri"]))
    places = None if source.referenced else writer.places
    return images_of(source.listing, entries, places), quarantine_of(source.listing, entries), writer.written


def _tell(quarantine: pd.DataFrame) -> None:
    for uri, reason in quarantine[["uri", "reason"]].head(REFUSALS_TOLD).itertuples(index=False):
        say(f"refused {uri}: {reason}")
    if len(quarantine) > REFUSALS_TOLD:
        say(f"refused {len(quarantine) - REFUSALS_TOLD:,} more; all are in the quarantine table")


def _nothing_accepted(source: str, quarantine: pd.DataFrame) -> str:
    first = quarantine.iloc[0]
    return (
        f"no image in {source} can be used; "
        f"the first of {len(quarantine):,}, {first['uri'] or 'in row 1'}, {first['reason']}"
    )


def _facts(images: pd.DataFrame, quarantine: pd.DataFrame, moved: int) -> Facts:
    facts = {"images": len(images), "refused": len(quarantine), "moved": moved}
    labels = images["label"].nunique()
    return facts | {"labels": labels} if labels else facts
