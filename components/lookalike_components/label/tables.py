"""The rules that read a spreadsheet of labels, or of pairs of images that belong together."""

import codecs
from collections.abc import Collection, Iterable

import pandas as pd

from lookalike_components.dataset import image_column, read_spreadsheet
from lookalike_components.duplicates import linked
from lookalike_components.errors import UserError, listed
from lookalike_components.label.config import LabelConfig
from lookalike_components.progress import say
from lookalike_components.storage import read_bytes

LARGE = 100  # images of one label, and
LARGE_SHARE = 0.05  # of all images: more than pairs made by hand are likely to join


def by_table(images: pd.DataFrame, config: LabelConfig) -> pd.Series:
    """The label that a spreadsheet gives each image.

    Raises:
        UserError: The spreadsheet lacks a column, labels an image twice, or a name in it fits several images.
    """
    rows = _read(config)
    names = image_column(rows, config.table)
    if "label" not in rows:
        raise UserError(f"{config.table} has no column label; it has {listed(rows.columns)}")
    rows[names] = _plain(rows[names])
    rows["label"] = rows["label"].where(rows["label"] != "", None)
    labels = rows.dropna(subset=[names, "label"]).drop_duplicates([names, "label"])
    _refuse_two_labels(labels, names, config.table)
    by_name = labels.set_index(names)["label"]
    return match(images["uri"], by_name.index, config.table).map(by_name)


def corrected_labels(images: pd.DataFrame, labels: pd.Series, table: str) -> tuple[pd.Series, int]:
    """Puts the labels of a spreadsheet in the place of those that the rule gave; most images are not in it.

    Args:
        images: An image table.
        labels: What the rule found.
        table: CSV, JSON Lines or Parquet file with a column for the images and a column ``label``, such as the step
            *split* writes where it doubts labels; "" for none.

    Returns:
        The labels, and how many were changed.

    Raises:
        UserError: The spreadsheet lacks a column, labels an image twice, or a name in it fits several images.
    """
    if not table:
        return labels, 0
    better = by_table(images, LabelConfig(rule="table", table=table))
    if better.isna().all():
        say(f"{table} corrects nothing: none of its names is an image of the source")
    changed = better.notna() & (better != labels)
    return better.where(better.notna(), labels), int(changed.sum())


def by_pairs(images: pd.DataFrame, config: LabelConfig) -> pd.Series:
    """One label for all images that are linked by pairs, directly or over others: the uri of the first of them.

    An image in no pair is a label of its own; or it has none, where images without one are not refused.

    Raises:
        UserError: The spreadsheet has fewer than two columns, or a name in it fits several images.
    """
    rows = _read(config)
    if len(rows.columns) < 2:
        raise UserError(f"{config.table} has one column; pairs are read from the first two")
    pairs = rows[rows.columns[:2]].dropna().astype(str).apply(_plain)
    names = match(images["uri"], set(pairs.to_numpy().flat), config.table)
    groups = names.map(linked(pairs.itertuples(index=False, name=None)))
    if config.unlabelled == "refuse":
        groups = groups.fillna(images["uri"])
    labels = images["uri"].groupby(groups).transform("first")
    _tell_large_groups(labels)
    return labels


def match(uris: pd.Series, names: Collection[str], where: str) -> pd.Series:
    """Finds for each uri the longest of the names that it ends with, in whole parts: ``b/c.jpg`` fits ``a/b/c.jpg``.

    Returns:
        The names, indexed as ``uris``; missing where none fits.

    Raises:
        UserError: A name fits several images.
    """
    known = set(names)
    found = uris.map(lambda uri: next((end for end in _ends(uri) if end in known), None))
    several = uris.groupby(found).nunique()
    for name in several.index[several > 1]:
        fits = listed(uris[found == name].unique(), most=2)
        raise UserError(f"the name {name} in {where} fits {several[name]} images: {fits}; write more of the path")
    return found


def _read(config: LabelConfig) -> pd.DataFrame:
    if not config.table:
        raise UserError(f"the rule {config.rule} needs a table: a CSV, JSON Lines or Parquet file")
    return read_spreadsheet(config.table)


def _plain(names: pd.Series) -> pd.Series:
    """``./a.jpg`` and ``a.jpg`` are one name."""
    return names.str.removeprefix("./")


def _ends(uri: str) -> Iterable[str]:
    yield uri
    parts = uri.split("/")
    yield from ("/".join(parts[start:]) for start in range(1, len(parts)))


def _refuse_two_labels(rows: pd.DataFrame, names: str, where: str) -> None:
    twice = rows[rows[names].duplicated(keep=False)]
    if twice.empty:
        return
    told = twice["label"] + " in row " + (twice.index + _first_row(rows, where)).astype(str)
    several = told.groupby(twice[names], sort=False).agg(" and ".join)
    raise UserError(
        f"{where} gives two labels to {listed(several.index + ' (' + several + ')', most=3)}; keep one row of each"
    )


def _first_row(rows: pd.DataFrame, where: str) -> int:
    """As a spreadsheet's window counts: a header is row 1. Without one, the columns' names are not in the file."""
    if not where.lower().endswith((".csv", ".tsv")):
        return 1
    head = read_bytes(where).removeprefix(codecs.BOM_UTF8).lstrip(b'\r\n"').decode("utf-8", "replace")
    return 2 if head.startswith((str(rows.columns[0]), *",;\t")) else 1


def _tell_large_groups(labels: pd.Series) -> None:
    """Pairs hang together over others: one wrong pair joins two things for good."""
    sizes = labels.value_counts()
    large = sizes[sizes >= max(LARGE, LARGE_SHARE * len(labels))]
    if len(large):
        told = listed((f"{uri} ({size:,} images)" for uri, size in large.items()), most=3)
        say(f"pairs join very many images into one label, perhaps over a wrong pair: {told}")
