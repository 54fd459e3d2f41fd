"""Which kind of source is it?"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lookalike_components.dataset import is_spreadsheet
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources.archive import is_archive, open_archive
from lookalike_components.ingest.sources.folder import files_below, from_files, open_folder
from lookalike_components.ingest.sources.names import ACCEPTED, is_image
from lookalike_components.ingest.sources.source import Source
from lookalike_components.ingest.sources.spreadsheet import open_spreadsheet
from lookalike_components.ingest.sources.webdataset import (
    expanded,
    from_shards,
    has_braces,
    open_webdataset,
    shards_among,
)
from lookalike_components.storage import local_path
from lookalike_components.storage.local import explained


def open_source(config: IngestConfig) -> Source:
    """Lists the images of a source without opening them.

    Raises:
        UserError: The source does not exist, lists no images, or is of no kind that can be read.
    """
    check_exists(config.source)
    source = OPENERS[config.kind](config)
    if source.listing.empty:
        source.close()
        raise UserError(f"{config.source} holds no images; files ending in {ACCEPTED} are accepted")
    return source


def check_exists(source: str) -> None:
    """Makes sure that a source on this machine is there; raises UserError where it is not."""
    for name in expanded(source) if has_braces(source) else [source]:
        path = local_path(name)
        if path is not None and not _is_there(path):
            raise UserError(
                f"{name} does not exist; pass a folder of images, an archive, or a CSV, JSON Lines or Parquet file"
            )


def _is_there(path: Path) -> bool:
    with explained(path):
        return path.exists()


def read_source(source: str) -> pd.DataFrame:
    """The listing of a source; see `open_source`."""
    with open_source(IngestConfig(source=source, store=".")) as opened:  # nothing is written there
        return opened.listing


def _open_by_name(config: IngestConfig) -> Source:
    """Goes by the name, unless it is a folder's."""
    path = local_path(config.source)
    if path is None or not path.is_dir():
        if has_braces(config.source):
            return open_webdataset(config)
        if is_spreadsheet(config.source):
            return open_spreadsheet(config)
        if is_archive(config.source):
            return open_archive(config)
    return _open_by_content(config)


def _open_by_content(config: IngestConfig) -> Source:
    """A folder that holds shards and no images is WebDataset's."""
    files = files_below(config.source)
    shards = shards_among(files)
    return from_shards(config, shards) if shards and not any(map(is_image, files)) else from_files(config, files)


OPENERS: dict[str, Callable[[IngestConfig], Source]] = {
    "auto": _open_by_name,
    "folder": open_folder,
    "archive": open_archive,
    "spreadsheet": open_spreadsheet,
    "webdataset": open_webdataset,
}
