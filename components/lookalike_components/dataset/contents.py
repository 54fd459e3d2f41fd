"""The list of images beside each shard: how a store is searched without opening its tars."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from lookalike_components.storage import create_bytes, list_files, local_path, read_bytes
from lookalike_components.storage.parquet import read_parquet

SUFFIX = ".contents.parquet"


def read_all(store: str) -> Iterator[Any]:
    """Rows of ``image_id, shard, offset, nbytes`` for every image in the store."""
    path = local_path(store)
    if path is not None and not path.exists():
        return
    files = set(list_files(store))
    for uri in sorted(files):
        shard = uri.removesuffix(SUFFIX)
        if uri.endswith(SUFFIX) and shard in files:
            rows = read_parquet(io.BytesIO(read_bytes(uri)))
            rows.insert(1, "shard", shard)
            yield from rows.itertuples(index=False)


def write(shard: str, locations: Iterable[Any]) -> None:
    """Writes the list of a shard's images beside it, unless it is there."""
    columns = ["image_id", "offset", "nbytes"]
    rows = pd.DataFrame([[getattr(location, name) for name in columns] for location in locations], columns=columns)
    create_bytes(shard + SUFFIX, rows.to_parquet(index=False))
