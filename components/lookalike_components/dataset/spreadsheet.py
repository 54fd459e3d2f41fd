"""Reads what people list their images in: CSV, JSON Lines, Parquet, or a text file with a name on every line."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json

from lookalike_components.errors import UserError, listed
from lookalike_components.storage import read_bytes
from lookalike_components.storage.parquet import as_frame, read_arrow

IMAGE_SUFFIXES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
IMAGE_COLUMNS = ("image", "uri", "path", "file_name", "name")
TEXT_COLUMNS = (*IMAGE_COLUMNS, "label", "sha256", "md5")
WITHOUT_HEADER = ("image", "label")  # the two columns of Finetuner's files
DELIMITERS = ",;\t"
HEAD_BYTES = 2**16  # a first row is shorter
MOST_BLOCK_BYTES = 2**31 - 1
NOT_UTF_8 = "it is not UTF-8; save it as such (in Excel: CSV UTF-8)"


def _read_csv(file: io.BytesIO) -> Any:
    first_rows = _first_rows(file)
    delimiter, names = _dialect(first_rows)
    text = [name for name in names or first_rows[delimiter] if _known(name) in TEXT_COLUMNS]
    table = pyarrow.csv.read_csv(
        file,
        pyarrow.csv.ReadOptions(use_threads=False, block_size=_in_one_block(file), column_names=names),
        pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(text, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    if other := [field.name for field in table.schema if pa.types.is_binary(field.type)]:
        raise pa.ArrowInvalid(f"the column {listed(other)} is not UTF-8")
    return table


def _in_one_block(file: io.BytesIO) -> int:
    """A column's type is guessed from the first block: from all rows, where all are in it."""
    return min(file.getbuffer().nbytes + 1, MOST_BLOCK_BYTES)


def _first_rows(file: io.BytesIO) -> dict[str, list[str]]:
    """The first row as each delimiter would cut it."""
    head = file.read(HEAD_BYTES).decode("utf-8", "replace")
    file.seek(0)
    return {delimiter: _first_row(head, delimiter) for delimiter in DELIMITERS}


def _first_row(head: str, delimiter: str) -> list[str]:
    rows = csv.reader(io.StringIO(head, newline=None), delimiter=delimiter)
    return next((row for row in rows if row), [])


def _dialect(rows: dict[str, list[str]]) -> tuple[str, list[str] | None]:
    """The delimiter of a CSV and, where its first row is an image's already, names for the columns.

    A first row is a header where one of its cells is the known name of an image column. Otherwise, where its first cell
    names an image by its suffix or its URI, there is no header. In doubt the first row is taken for one.
    """
    for delimiter, cells in rows.items():
        if {_known(cell) for cell in cells} & set(IMAGE_COLUMNS) and not _has_image_suffix(cells[0]):
            return delimiter, None
    for delimiter, cells in rows.items():
        if len(cells) > 1 and _has_image_suffix(cells[0]):
            return delimiter, _names(len(cells))
    plain = rows[","]
    if plain and (_has_image_suffix(plain[0]) or "://" in plain[0]):
        return ",", _names(len(plain))
    return max(rows, key=lambda delimiter: len(rows[delimiter])), None


def _has_image_suffix(name: str) -> bool:
    path = urlsplit(name).path if "://" in name else name
    return PurePosixPath(path).suffix.lower().removeprefix(".") in IMAGE_SUFFIXES


def _names(count: int) -> list[str]:
    return [*WITHOUT_HEADER[:count], *(f"column_{number}" for number in range(3, count + 1))]


def _read_json(file: io.BytesIO) -> Any:
    options = pyarrow.json.ReadOptions(use_threads=False, block_size=_in_one_block(file))
    table = pyarrow.json.read_json(file, options)
    dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    if not dates:
        return table
    file.seek(0)  # what looks like a date is text in JSON, and stays what it is
    as_text = pyarrow.json.ParseOptions(explicit_schema=pa.schema(dict.fromkeys(dates, pa.string())))
    return pyarrow.json.read_json(file, options, as_text)


def _read_lines(file: io.BytesIO) -> Any:
    lines = (line.removesuffix("\r") for line in file.read().decode("utf-8").split("\n"))
    return pa.table({"image": pa.array([line for line in lines if line.strip()], pa.string())})


READERS: dict[str, Callable[[io.BytesIO], Any]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_lines,
    ".jsonl": _read_json,
    ".ndjson": _read_json,
    ".parquet": read_arrow,
}


def is_spreadsheet(uri: str | Path) -> bool:
    """Whether the name ends like a file that `read_spreadsheet` reads."""
    return _suffix(uri) in READERS


def read_spreadsheet(uri: str | Path) -> pd.DataFrame:
    """Reads a CSV, JSON Lines or Parquet file, or a text file that names an image on every line.

    A CSV's cells are cut by commas, semicolons or tabs. It has a header that names its columns, or its columns are
    ``image`` and ``label``, then ``column_3`` and on: the first row is no header where its first cell ends like an
    image file or is a URI. Columns of images, labels and checksums are known in capitals too, and are read as text, so
    that the label 007 stays 007; an empty cell is None.

    Raises:
        UserError: The file does not exist, or is none of these.
    """
    reader = READERS.get(_suffix(uri))
    if reader is None:
        raise UserError(f"{uri} is no spreadsheet; pass a {listed(READERS, most=len(READERS))} file")
    data = read_bytes(uri)
    try:
        table = _as_text(_named(reader(io.BytesIO(data.removeprefix(codecs.BOM_UTF8)))))
    except (pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        kind = _suffix(uri).removeprefix(".").upper()
        told = str(error).splitlines()[0] if kind == "PARQUET" or _is_utf_8(data) else NOT_UTF_8
        raise UserError(f"{uri} cannot be read as {kind}: {told}") from error
    if twice := [name for name, count in Counter(table.column_names).items() if count > 1]:
        raise UserError(f"{uri} has the column {listed(twice)} more than once; rename the others")
    return as_frame(table, whole_numbers=True)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _named(table: Any) -> Any:
    """Columns without a name, such as a data frame's index, are called by their number."""
    names = map(_known, table.column_names)
    return table.rename_columns([name or f"column_{number}" for number, name in enumerate(names, 1)])


def _known(name: str) -> str:
    """A column's name without the spaces around it; ``Image`` and ``LABEL`` are meant for ours."""
    name = name.strip()
    return name.lower() if name.lower() in TEXT_COLUMNS else name


def _as_text(table: Any) -> Any:
    for number, name in enumerate(table.column_names):
        if name in TEXT_COLUMNS:
            table = table.set_column(number, name, _without_nan(table.column(number)).cast(pa.string()))
    return table


def _without_nan(column: Any) -> Any:
    """Numbers, with null for what is none."""
    return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column


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
