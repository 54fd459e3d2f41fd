"""The pictures that a release was judged on, frozen for whoever challenges it."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lookalike_components.dataset import COLUMNS, read_table, write_table
from lookalike_components.errors import UserError
from lookalike_components.registry.places import frozen_uri
from lookalike_components.storage import create_bytes, download

TESTED = ("query", "index")
ORDER = ["subset", "label", "image_id", "uri"]


def freeze(table: pd.DataFrame) -> tuple[str, bytes]:
    """Takes the test rows out of an image table.

    Their order and the columns that the source brought do not count, so that a test set which passed through another
    run is still the same file.

    Returns:
        The sha256 of the Parquet file, and its bytes.
    """
    rows = table.loc[table["subset"].isin(TESTED), list(COLUMNS)].sort_values(ORDER)
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "test.parquet")
        write_table(rows, path)
        data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), data


def keep_test_set(artifacts: str, table: pd.DataFrame) -> str:
    """Puts the test rows of a table into the registry and gives their sha256."""
    digest, data = freeze(table)
    create_bytes(frozen_uri(artifacts, digest), data)
    return digest


def read_test_set(uri: str) -> pd.DataFrame:
    """Reads a frozen test set: an image table whose rows are all ``query`` or ``index``.

    Raises:
        UserError: There is no such file, or no row of it is a query.
        LookalikeError: The store cannot be reached.
    """
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "test.parquet")
        download(uri, path)
        rows = read_table(path)
    if not (rows["subset"] == "query").any():
        raise UserError(f"{uri} has no row with subset `query`; pass a test set that a release was judged on")
    return rows[rows["subset"].isin(TESTED)].reset_index(drop=True)
