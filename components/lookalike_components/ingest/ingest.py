"""Moves the images of a source into shards and writes the image table."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from lookalike_components.dataset import Location, ShardWriter, in_order, write_table
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import read_source
from lookalike_components.pixels import ImageFacts, inspect
from lookalike_components.progress import Facts, say, track
from lookalike_components.storage import read_bytes, replacing

REFUSALS_TOLD = 5

Examined = tuple[bytes, ImageFacts] | str  # a text is the reason for a refusal
Kept = tuple[Location, ImageFacts] | str


def ingest(config: IngestConfig, images_path: str | Path, quarantine_path: str | Path) -> Facts:
    """Checks every image of a source, writes each accepted one once into shards, and lists both kinds.

    Args:
        config: Source, store and size of the shards.
        images_path: Image table to write (Parquet): one row for each accepted image, in the order of the source.
        quarantine_path: Table of what was refused (Parquet): ``uri, position, reason``.

    Returns:
        ``images`` accepted, ``refused``, and ``labels`` where the source brought any.

    Raises:
        UserError: The source cannot be read, lists no images, or none of them can be used.
        LookalikeError: The store cannot be written to.
    """
    source = read_source(config.source).rename_axis("position").reset_index()
    kept = _keep(source["uri"], config)
    refused = pd.Series([isinstance(outcome, str) for outcome in kept], dtype=bool)
    quarantine = source.loc[refused, ["uri", "position"]].assign(reason=[why for why in kept if isinstance(why, str)])
    _tell(quarantine)
    if refused.all():
        raise UserError(_nothing_accepted(config.source, quarantine))
    images = _table(source[~refused], [outcome for outcome in kept if not isinstance(outcome, str)])
    write_table(images, images_path)
    with replacing(quarantine_path) as temporary:
        quarantine.to_parquet(temporary, index=False)
    return _facts(images, quarantine)


def _keep(uris: "pd.Series[str]", config: IngestConfig) -> list[Kept]:
    """Brings every image that can be used to the store; reads and checks ahead of the writing."""
    with ShardWriter(config.store, config.shard_megabytes * 2**20) as writer:
        examined = track(in_order(_examine, uris), len(uris), "images")
        return [seen if isinstance(seen, str) else (writer.add(seen[0], seen[1].format), seen[1]) for seen in examined]


def _examine(uri: str) -> Examined:
    if not uri:
        return "names no image"
    try:
        data = read_bytes(uri)
        return data, inspect(data)
    except UserError as error:  # missing, no image, of a scheme that cannot be read: the others may be fine
        return str(error).removeprefix(uri).strip()


def _table(source: pd.DataFrame, kept: Iterable[tuple[Location, ImageFacts]]) -> pd.DataFrame:
    stored = pd.DataFrame([asdict(location) | asdict(facts) for location, facts in kept], index=source.index)
    empty = {name: None for name in ("label", "subset") if name not in source}
    return pd.concat([source, stored], axis=1).assign(**empty)


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


def _facts(images: pd.DataFrame, quarantine: pd.DataFrame) -> Facts:
    facts = {"images": len(images), "refused": len(quarantine)}
    labels = images["label"].nunique()
    return facts | {"labels": labels} if labels else facts
