"""A spreadsheet that lists images: by path, by ``gs://``, or by ``http(s)://``."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lookalike_components.dataset import image_column, read_spreadsheet
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources.addresses import CheckedNetwork, any_address, is_public
from lookalike_components.ingest.sources.files import NamedFiles
from lookalike_components.ingest.sources.source import (
    BUCKET_READS,
    DISK_READS,
    Content,
    Reader,
    Source,
    passed_over,
)
from lookalike_components.ingest.sources.verified import Verified, digests_of
from lookalike_components.ingest.sources.web import Downloads, is_web
from lookalike_components.storage import join, local_path

PASSWORD = re.compile(r"(?<=://)[^/?#]*@")
HIDDEN = "***@"


def open_spreadsheet(config: IngestConfig) -> Source:
    """Lists the rows of a spreadsheet; its columns beside the images are kept.

    A column ``sha256`` or ``md5`` tells what the bytes of each image have to be.

    Raises:
        UserError: The spreadsheet cannot be read, or has no column of images.
    """
    rows = read_spreadsheet(config.source)
    images = image_column(rows, config.source)
    folder = _folder_of(config.source)
    uris = pd.Series([_locate(folder, name) for name in rows[images].fillna("")], index=rows.index, dtype=object)
    algorithm, digests = digests_of(rows, uris, config.source)
    versions = digests.where(digests == "", f"{algorithm}:" + digests)
    known = pd.DataFrame({"uri": uris, "nbytes": pd.array([pd.NA] * len(uris), "Int64"), "version": versions})
    kept = rows.drop(columns=[images, *passed_over(rows.columns.drop(images))])
    reader = Verified(
        FilesAndPages(config), algorithm, dict(zip(uris[digests != ""], digests[digests != ""], strict=True))
    )
    return Source(known.join(kept), reader, _reads_at_once(uris, config), refusals=_with_passwords(uris))


class FilesAndPages:
    """Reads images wherever a list says that they are."""

    def __init__(self, config: IngestConfig) -> None:
        self._files = NamedFiles(config.most_bytes)
        network = CheckedNetwork(any_address if config.private_addresses else is_public)
        self._pages = Downloads(config.most_bytes, config.downloads_at_once, network)

    def read(self, uri: str, unless: str) -> Content | None:
        """The image at a path or URI."""
        reader: Reader = self._pages if is_web(uri) else self._files
        return reader.read(uri, unless)

    def close(self) -> None:
        """Closes all connections."""
        self._pages.close()


def _folder_of(source: str) -> str:
    path = local_path(source)
    return source.rpartition("/")[0] if path is None else str(path.parent.resolve())


def _locate(folder: str, name: str) -> str:
    """A name in a spreadsheet is relative to its folder; a password in a URL goes no further than here."""
    if is_web(name):
        return PASSWORD.sub(HIDDEN, name, count=1)
    return name if not name or "://" in name or Path(name).is_absolute() else join(folder, name)


def _with_passwords(uris: Iterable[str]) -> dict[str, str]:
    reason = "carries a user name or a password; images are fetched without, so put them where none is needed"
    return {uri: reason for uri in uris if f"://{HIDDEN}" in uri}


def _reads_at_once(uris: Iterable[str], config: IngestConfig) -> int:
    if any(map(is_web, uris)):
        return config.downloads_at_once
    return BUCKET_READS if any(uri.startswith("gs://") for uri in uris) else DISK_READS
