"""Shards in WebDataset's layout that exist already: their images are listed, and stay where they are."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pandas as pd
from braceexpand import braceexpand

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources.folder import files_below
from lookalike_components.ingest.sources.names import natural
from lookalike_components.ingest.sources.samples import samples
from lookalike_components.ingest.sources.source import (
    BUCKET_READS,
    DISK_READS,
    Content,
    Source,
    passed_over,
    too_large,
)
from lookalike_components.ingest.sources.tar_index import index
from lookalike_components.progress import say
from lookalike_components.storage import FileFacts, facts, local_path, read_range

SUFFIX = ".tar"
BRACES = re.compile(r"\{[^{}]*(,|\.\.)[^{}]*\}")


def open_webdataset(config: IngestConfig) -> Source:
    """Lists the images of shards: of one .tar file, of those below a folder, or of those that braces spell out.

    Raises:
        UserError: A shard does not exist, is torn, or is no plain .tar file.
    """
    path = local_path(config.source)
    if has_braces(config.source):
        names = expanded(config.source)
    elif config.source.endswith(SUFFIX) and not (path and path.is_dir()):
        names = [config.source]
    else:
        return from_shards(config, shards_among(files_below(config.source)))
    with ThreadPoolExecutor(BUCKET_READS) as pool:
        return from_shards(config, list(pool.map(facts, map(_in_full, names))))


def shards_among(files: Mapping[str, FileFacts]) -> list[FileFacts]:
    """The .tar files among files, as people count them."""
    return [files[name] for name in sorted(files, key=natural) if name.endswith(SUFFIX)]


def has_braces(source: str) -> bool:
    """Whether a name spells out several, such as ``shards-{000..012}.tar``, and is not a file's own."""
    path = local_path(source)
    return bool(BRACES.search(source)) and not (path and path.exists())


def expanded(source: str) -> list[str]:
    """The names that braces spell out.

    Raises:
        UserError: They are not balanced, or name what is no .tar file.
    """
    try:
        names = list(braceexpand(source))
    except ValueError as error:
        raise UserError(f"{source} has braces that do not match; write them like shards-{{000..012}}.tar") from error
    if other := [name for name in names if not name.endswith(SUFFIX)]:
        raise UserError(f"{other[0]} is no .tar file; shards that stay where they are cannot be compressed")
    return names


def from_shards(config: IngestConfig, shards: Sequence[FileFacts]) -> Source:
    """Lists the images of shards, many shards at a time; of images with the same name in one shard the last counts."""
    say(f"lists the images in the shards of {config.source}")
    reads_at_once = BUCKET_READS if local_path(config.source) is None else DISK_READS
    with ThreadPoolExecutor(reads_at_once) as pool:
        rows, said = _joined(list(pool.map(partial(_tables, store=config.store), shards)))
    reasons = rows.pop("refusal")
    refused = dict(zip(rows["uri"][reasons != ""], reasons[reasons != ""], strict=True))
    places = dict(zip(rows["uri"], rows[["shard", "offset", "nbytes"]].itertuples(index=False, name=None), strict=True))
    return Source(
        rows.join(said.drop(columns=passed_over(said.columns)).apply(_of_one_type)),
        _Ranges(places),
        reads_at_once,
        referenced=True,
        refusals=too_large(rows, config.most_bytes) | refused,
    )


def _joined(tables: Sequence[tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.concat([_found([]), *(rows for rows, _ in tables)], ignore_index=True)
    said = pd.concat([pd.DataFrame(), *(said for _, said in tables)], ignore_index=True).reindex(rows.index)
    last = ~rows["uri"].duplicated(keep="last")
    return rows[last].reset_index(drop=True), said[last].reset_index(drop=True)


class _Ranges:
    """Reads images as ranges of shards."""

    def __init__(self, places: Mapping[str, tuple[str, int, int]]) -> None:
        self._places = places

    def read(self, uri: str, unless: str) -> Content | None:
        """The bytes of an image; its version is in the listing."""
        return Content(read_range(*self._places[uri]))

    def close(self) -> None:
        """Nothing is held open."""


def _tables(shard: FileFacts, store: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where the images of a shard lie, and what is said of them, row by row."""
    found = list(samples(index(shard.uri, shard.version, store)))
    rows = [
        (f"{shard.uri}!/{image.name}", image.nbytes, shard.version, shard.uri, image.offset, refusal)
        for image, _, refusal in found
    ]
    said = pd.DataFrame([sample.said for sample in found], index=range(len(found)), dtype=object)
    return _found(rows), said


def _found(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["uri", "nbytes", "version", "shard", "offset", "refusal"])
    return table.astype({"nbytes": "Int64", "offset": "int64"})


def _of_one_type(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """What a table can hold: numbers, other values of one type, or their text where there are several types."""
    kinds = {type(value) for value in column.dropna()}
    if len(kinds) > 1 and kinds != {int, float}:
        column = column.map(str, na_action="ignore")
    return pd.to_numeric(column) if kinds <= {int, float} and kinds else column.where(column.notna(), None)


def _in_full(name: str) -> str:
    path = local_path(name)
    return name if path is None else str(path.resolve())
