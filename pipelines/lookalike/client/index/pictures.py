"""Which pictures are to be found, and what is known of each: its place, what it shows, and columns to filter by."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_scalar

from lookalike.client.service.entries import Value
from lookalike.client.source_pictures import OF_THE_LISTING
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.ingest.sources.files import NamedFiles
from lookalike_components.ingest.sources.names import ACCEPTED, is_image
from lookalike_components.storage import local_path

MOST_COLUMNS = 16
"""Columns of an entry beside id, uri and label: what a server takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """One picture, before it is read."""

    uri: str
    """Where it is: a path in full, or an address."""
    label: str
    """What it shows; empty where nobody said."""
    columns: Mapping[str, Value]
    """More to filter by, without what is missing."""

    def says_the_same_as(self, other: "Listed") -> bool:
        """Whether it has the label and the columns of another."""
        return (self.label, self.columns) == (other.label, other.columns)


def open_pictures(names: Sequence[str]) -> Source:
    """Lists pictures without reading them.

    Args:
        names: One source, as ``lookalike encode`` takes it; or pictures: paths or ``gs://``.

    Raises:
        UserError: The source cannot be listed, or stands beside others.
    """
    if len(names) == 1 and not is_image(names[0]):
        return open_source(IngestConfig(source=names[0], store="."))  # nothing is written there
    if others := [name for name in names if not is_image(name)]:
        raise UserError(
            f"{others[0]} has no picture's suffix ({ACCEPTED}); add one source at a time, or nothing but pictures"
        )
    uris = [_in_full(name) for name in names]
    most_bytes = IngestConfig(source=names[0], store=".").most_bytes
    unread = pd.DataFrame({"uri": uris, "nbytes": pd.array([pd.NA] * len(uris), "Int64"), "version": ""})
    return Source(unread, NamedFiles(most_bytes))


def listed_pictures(source: Source, name: str, label: str | None, columns: Mapping[str, Value]) -> list[Listed]:
    """What is known of each picture of a source.

    Args:
        source: The pictures.
        name: What the source was opened by.
        label: For all of them; None takes the source's column ``label`` where there is one, and otherwise the folder
            below the source in which a picture lies.
        columns: For all of them, in place of the source's own columns of these names.

    Raises:
        UserError: An entry would have more columns than a server takes.
    """
    rows = source.listing
    others = [column for column in rows.columns if column not in OF_THE_LISTING | {"label"}]
    if len({*others, *columns}) > MOST_COLUMNS:
        raise UserError(
            f"{name} and --column give {len({*others, *columns}):,} columns beside the label, and a server takes "
            f"{MOST_COLUMNS}; leave some out of the table"
        )
    uris = rows["uri"].tolist()
    labels = [label] * len(rows) if label is not None else _labels(rows, name)
    more = rows[others].to_dict("records") if others else [{}] * len(rows)
    return [Listed(uri, text, {**_known(row), **columns}) for uri, text, row in zip(uris, labels, more, strict=True)]


def _labels(rows: pd.DataFrame, name: str) -> list[str]:
    if "label" in rows:
        return ["" if pd.isna(label) else str(label) for label in rows["label"]]
    if "shard" in rows:  # files of a shard lie in no folder that says something
        return [""] * len(rows)
    root = _root(name)
    return [_folder(uri, root) for uri in rows["uri"]]


def _folder(uri: str, root: str) -> str:
    """The folder that a picture lies in, by its name; empty where that is the source itself, or elsewhere."""
    below = next((uri.removeprefix(start) for start in (f"{root}/", f"{root}!/") if uri.startswith(start)), "")
    return PurePosixPath(below).parent.name


def _root(name: str) -> str:
    path = local_path(name)
    return name.rstrip("/") if path is None else str(path.resolve())


def _in_full(name: str) -> str:
    """A path from the root on, as the listing of its folder has it: a link in its place is not followed."""
    path = local_path(name)
    return name if path is None else str(path.parent.resolve() / path.name)


def _known(row: Mapping[Any, Any]) -> dict[str, Value]:
    cells = {str(name): _value(cell) for name, cell in row.items()}
    return {name: value for name, value in cells.items() if value not in {None, ""}}


def _value(cell: Any) -> Value:
    """A cell as JSON can say it, a day or a moment as text; None where there is nothing, or a list."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if not is_scalar(value) or pd.isna(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value if isinstance(value, str | int | float) else str(value)
