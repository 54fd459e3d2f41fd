"""The rules by which images get their labels: each takes the image table and gives one label a row."""

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

import pandas as pd

from lookalike_components.errors import UserError, listed
from lookalike_components.label.config import LabelConfig, Rule
from lookalike_components.label.tables import by_pairs, by_table
from lookalike_components.progress import say

Labels = pd.Series  # of str; missing where the rule has no label for the image; indexed as the table


def find_labels(images: pd.DataFrame, config: LabelConfig) -> Labels:
    """Applies the rule that the settings name; an empty label is none.

    Raises:
        UserError: What the rule needs is missing or wrong.
    """
    labels = RULES[config.rule](images, config)
    return labels.where(labels.notna() & labels.ne(""), None)


def _auto(images: pd.DataFrame, config: LabelConfig) -> Labels:
    return (_column if images["label"].notna().any() else _folder)(images, config)


def _folder(images: pd.DataFrame, config: LabelConfig) -> Labels:
    """The parent folder's name; what lies above all other folders has it only where every image needs a label."""
    numbers, folders = pd.factorize(pd.Series([_folder_of(uri) for uri in images["uri"]], dtype=object))
    names = pd.Series([PurePosixPath(folder).name for folder in folders], dtype=object)
    if len(several := names[names.duplicated()].unique()):
        say(f"folders of the same name are one label: {listed(several)}")
    if config.unlabelled != "refuse":
        names = names.mask(folders == _folder_of_all(folders), None)
    return pd.Series(names.to_numpy()[numbers], images.index)


def _folder_of_all(folders: Iterable[str]) -> str | None:
    """The one of several folders that all others lie in; None where there is no such."""
    top, *others = sorted(folders, key=len) or [""]
    inside = f"{top}/" if top else ""
    return top if others and all(other.startswith(inside) for other in others) else None


def _folder_of(uri: str) -> str:
    """All before the last slash; a web address's query may have slashes of its own."""
    path = uri.partition("#")[0].partition("?")[0] if uri.startswith(("http://", "https://")) else uri
    return path.rpartition("/")[0]


def _column(images: pd.DataFrame, _: LabelConfig) -> Labels:
    if images["label"].isna().all():
        raise UserError("the source brought no labels: it has no column label, or the column is empty")
    return images["label"]


def _pattern(images: pd.DataFrame, config: LabelConfig) -> Labels:
    if not config.pattern:
        raise UserError("the rule pattern needs a pattern, such as /([^/]+)_[0-9]+.jpg$")
    try:
        pattern = re.compile(config.pattern)
    except re.error as error:
        raise UserError(f"the pattern {config.pattern} is no regular expression: {error}") from error
    if not pattern.groups:
        raise UserError(f"the pattern {config.pattern} has no group; put the label's part in parentheses")
    return images["uri"].str.extract(pattern).iloc[:, 0]  # a group's name, where it has one, names the column


def _position(images: pd.DataFrame, config: LabelConfig) -> Labels:
    return (images["position"] // config.images_per_label).astype(str)


def _none(images: pd.DataFrame, _: LabelConfig) -> Labels:
    return images["image_id"]


RULES: dict[Rule, Callable[[pd.DataFrame, LabelConfig], Labels]] = {
    "auto": _auto,
    "folder": _folder,
    "column": _column,
    "table": by_table,
    "pattern": _pattern,
    "position": _position,
    "pairs": by_pairs,
    "none": _none,
}
