"""What images a source has: a folder of files, or a spreadsheet that lists them."""

import re
from pathlib import Path

import pandas as pd

from lookalike_components.dataset import COLUMNS, image_column, is_spreadsheet, read_spreadsheet
from lookalike_components.errors import UserError, listed
from lookalike_components.progress import say
from lookalike_components.storage import join, list_files, local_path

SUFFIXES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
ACCEPTED = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
SET_BY_INGEST = set(COLUMNS) - {"label"}


def read_source(source: str) -> pd.DataFrame:
    """Lists the images of a source without opening them.

    Returns:
        One row an image, in the order of the source, numbered from 0; column ``uri`` and, from a spreadsheet, its
        other columns. A spreadsheet's empty cell is the uri "".

    Raises:
        UserError: The source does not exist, lists no images, or is of no kind that can be read.
    """
    check_exists(source)
    listing = _from_spreadsheet(source) if is_spreadsheet(source) else _from_folder(source)
    if listing.empty:
        raise UserError(f"{source} holds no images; files ending in {ACCEPTED} are accepted")
    return listing


def check_exists(source: str) -> None:
    """Makes sure that a source on this machine is there; raises UserError where it is not."""
    path = local_path(source)
    if path is not None and not path.exists():
        raise UserError(f"{source} does not exist; pass a folder of images, or a CSV, JSON Lines or Parquet file")


def _from_folder(source: str) -> pd.DataFrame:
    path = local_path(source)
    if path is not None and not path.is_dir():
        raise UserError(f"{source} is neither a folder nor a CSV, JSON Lines or Parquet file")
    root = source.rstrip("/") if path is None else str(path.resolve())
    names = [uri[len(root) :].lstrip("/") for uri in list_files(root)]
    seen = sorted((name for name in names if not _is_hidden(name)), key=_natural)
    images = [name for name in seen if name.lower().rpartition(".")[2] in SUFFIXES]
    _tell_others(source, sorted(set(seen) - set(images), key=_natural))
    return pd.DataFrame({"uri": [join(root, name) for name in images]})


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _tell_others(source: str, names: list[str]) -> None:
    if names:
        say(f"passes over what has no image's suffix in {source}: {listed(names, most=3)}")


def _natural(name: str) -> list[list[tuple[bool, int, str]]]:
    """Sorts as people count: 2.jpg before 10.jpg, and a folder's files together."""
    pieces = (re.findall(r"(\d+)|(\D+)", part) for part in name.split("/"))
    return [[(bool(text), int(digits or 0), text) for digits, text in part] for part in pieces]


def _from_spreadsheet(source: str) -> pd.DataFrame:
    rows = read_spreadsheet(source)
    images = image_column(rows, source)
    folder = _folder_of(source)
    uris = [_locate(folder, name) for name in rows[images].fillna("")]
    kept = rows.drop(columns=[images, *_passed_over(rows, images)])
    return kept.assign(uri=uris)


def _folder_of(source: str) -> str:
    path = local_path(source)
    return source.rpartition("/")[0] if path is None else str(path.parent.resolve())


def _locate(folder: str, name: str) -> str:
    """A name in a spreadsheet is relative to the spreadsheet's folder."""
    return name if not name or "://" in name or Path(name).is_absolute() else join(folder, name)


def _passed_over(rows: pd.DataFrame, images: str) -> list[str]:
    names = [name for name in rows.columns if name in SET_BY_INGEST and name != images]
    if names:
        say(f"passes over the column {listed(names)} of the source: ingest sets it")
    return names
