"""The files of a divided source, as the tasks hand them on."""

from pathlib import Path

import numpy as np
import pandas as pd

from lookalike_components.ingest.fan_out.config import PartConfig
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.ingest.sources.files import ListedFiles
from lookalike_components.ingest.sources.source import BUCKET_READS, DISK_READS
from lookalike_components.storage import replacing
from lookalike_components.storage.parquet import read_parquet


def write_files(files: pd.DataFrame, partition_images: int, path: str | Path) -> int:
    """Writes the files of a source with the part that each belongs to.

    Args:
        files: ``uri, nbytes, version`` and ``listed``: whether nothing but its name is needed to read a file. In the
            order of the source.
        partition_images: How many files make a part.
        path: Parquet file to write.

    Returns:
        The number of parts.

    Raises:
        LookalikeError: The disk is full.
    """
    parts = np.arange(len(files)) // partition_images
    with replacing(path) as temporary:
        files[["uri", "nbytes", "version", "listed"]].assign(partition=parts).to_parquet(temporary, index=False)
    return int(parts[-1]) + 1


def read_files(path: str | Path) -> pd.DataFrame:
    """Reads what `write_files` wrote."""
    return read_parquet(path).astype({"nbytes": "Int64"})


def open_again(config: PartConfig, files: pd.DataFrame) -> Source:
    """The source that these files are from; a folder or prefix is not listed once more.

    Raises:
        UserError: The source can no longer be read.
    """
    if not files["listed"].all():
        return open_source(config)
    in_bucket = files["uri"].str.startswith("gs://").any()
    return Source(files, ListedFiles(), BUCKET_READS if in_bucket else DISK_READS)
