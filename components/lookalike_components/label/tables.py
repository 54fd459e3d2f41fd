"""The rules that read a spreadsheet of labels, or of pairs of images that belong together."""

from collections.abc import Collection, Iterable

import pandas as pd

from lookalike_components.dataset import image_column, read_spreadsheet
from lookalike_components.errors import UserError, listed
from lookalike_components.label.config import LabelConfig


def by_table(images: pd.DataFrame, config: LabelConfig) -> pd.Series:
    """The label that a spreadsheet gives each image.

    Raises:
        UserError: The spreadsheet lacks a column, labels an image twice, or a name in it fits several images.
    """
    rows = _read(config)
    names = image_column(rows, config.table)
    if "label" not in rows:
        raise UserError(f"{config.table} has no column label; it has {listed(rows.columns)}")
    labels = rows.dropna(subset=[names, "label"]).drop_duplicates([names, "label"]).set_index(names)["label"]
    twice = labels.index[labels.index.duplicated()].unique()
    if len(twice):
        raise UserError(f"{config.table} gives two labels to {listed(twice)}; keep one of them")
    return match(images["uri"], labels.index, config.table).map(labels)


def by_pairs(images: pd.DataFrame, config: LabelConfig) -> pd.Series:
    """One label for all images that are linked by pairs, directly or over others: the uri of the first of them.

    An image in no pair is a label of its own.

    Raises:
        UserError: The spreadsheet has fewer than two columns, or a name in it fits several images.
    """
    rows = _read(config)
    if len(rows.columns) < 2:
        raise UserError(f"{config.table} has one column; pairs are read from the first two")
    pairs = rows[rows.columns[:2]].dropna().astype(str)
    names = match(images["uri"], set(pairs.to_numpy().flat), config.table)
    groups = names.map(_linked(pairs.itertuples(index=False))).fillna(images["uri"])
    return images["uri"].groupby(groups).transform("first")


def match(uris: pd.Series, names: Collection[str], where: str) -> pd.Series:
    """Finds for each uri the longest of the names that it ends with, in whole parts: ``b/c.jpg`` fits ``a/b/c.jpg``.

    Returns:
        The names, indexed as ``uris``; missing where none fits.

    Raises:
        UserError: A name fits several images.
    """
    known = {name.removeprefix("./"): name for name in names}
    found = uris.map(lambda uri: next((known[end] for end in _ends(uri) if end in known), None))
    several = uris.groupby(found).nunique()
    for name in several.index[several > 1]:
        fits = listed(uris[found == name].unique(), most=2)
        raise UserError(f"the name {name} in {where} fits {several[name]} images: {fits}; write more of the path")
    return found


def _read(config: LabelConfig) -> pd.DataFrame:
    if not config.table:
        raise UserError(f"the rule {config.rule} needs a table: a CSV, JSON Lines or Parquet file")
    return read_spreadsheet(config.table)


def _ends(uri: str) -> Iterable[str]:
    yield uri
    parts = uri.split("/")
    yield from ("/".join(parts[start:]) for start in range(1, len(parts)))


def _linked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names one member of each connected component (union by following links, halving the path on the way)."""
    link: dict[str, str] = {}

    def end(name: str) -> str:
        link.setdefault(name, name)
        while link[name] != name:
            link[name] = link[link[name]]
            name = link[name]
        return name

    for first, second in pairs:
        link[end(second)] = end(first)
    return {name: end(name) for name in list(link)}
