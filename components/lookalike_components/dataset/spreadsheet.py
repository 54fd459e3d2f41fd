"""Reads what people list their images in: CSV, JSON Lines and Parquet."""

import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.json

from lookalike_components.errors import UserError, listed
from lookalike_components.storage import read_bytes
from lookalike_components.storage.parquet import read_arrow

IMAGE_COLUMNS = ("image", "uri", "path", "file_name", "name")
TEXT_COLUMNS = (*IMAGE_COLUMNS, "label")


def _read_csv(file: io.BytesIO) -> Any:
    as_text = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(TEXT_COLUMNS, pa.string()), null_values=[""], strings_can_be_null=True
    )
    return pyarrow.csv.read_csv(file, None, pyarrow.csv.ParseOptions(newlines_in_values=True), as_text)


READERS: dict[str, Callable[[io.BytesIO], Any]] = {
    ".csv": _read_csv,
    ".jsonl": pyarrow.json.read_json,
    ".parquet": read_arrow,
}


def is_spreadsheet(uri: str | Path) -> bool:
    """Whether the name ends like a CSV, JSON Lines or Parquet file."""
    return _suffix(uri) in READERS


def read_spreadsheet(uri: str | Path) -> pd.DataFrame:
    """Reads a CSV with a header, a JSON Lines or a Parquet file.

    Columns of images and labels are read as text, so that the label 007 stays 007; an empty cell is None.

    Raises:
        UserError: The file does not exist, or is none of these.
    """
    try:
        table = READERS[_suffix(uri)](io.BytesIO(read_bytes(uri)))
        for number, name in enumerate(table.column_names):
            if name in TEXT_COLUMNS:
                table = table.set_column(number, name, table[name].cast(pa.string()))
    except KeyError as error:
        raise UserError(f"{uri} is no spreadsheet; pass a {listed(READERS)} file") from error
    except pa.ArrowException as error:
        kind = _suffix(uri).removeprefix(".").upper()
        raise UserError(f"{uri} cannot be read as {kind}: {str(error).splitlines()[0]}") from error
    return cast(pd.DataFrame, table.to_pandas())


def image_column(frame: pd.DataFrame, uri: str | Path) -> str:
    """Name of the column that names the images.

    Raises:
        UserError: There is none.
    """
    for name in IMAGE_COLUMNS:
        if name in frame.columns:
            return name
    wanted = f"{', '.join(IMAGE_COLUMNS[:-1])} or {IMAGE_COLUMNS[-1]}"
    raise UserError(f"{uri} has no column {wanted} that names the images; it has {listed(frame.columns)}")


def _suffix(uri: str | Path) -> str:
    return PurePosixPath(str(uri)).suffix.lower()
