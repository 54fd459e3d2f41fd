"""A page that shows pairs of pictures side by side; it loads nothing from anywhere."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lookalike_components.dataset import read_image
from lookalike_components.errors import LookalikeError
from lookalike_components.pixels import thumbnail

THUMBNAIL_PIXELS = 160
PAIRS = 60
CHARACTERS = 1_500_000
TOLD = {"bytes": "the same bytes", "hash": "alike by hash", "encoder": "neighbours under the encoder"}


@dataclass(frozen=True, slots=True)
class Section:
    """Pairs that belong under one heading.

    Attributes:
        title: The heading.
        lede: What the pairs are, and what to do about them.
        pairs: As `find_duplicates` gives them; the most telling first.
        roles: What the first and the second picture of each pair are, such as ``training`` and ``test``; may be "".
    """

    title: str
    lede: str
    pairs: pd.DataFrame
    roles: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class _Picture:
    source: str  # data URI; "" for a picture that cannot be read
    uri: str
    label: str
    role: str


@dataclass(frozen=True, slots=True)
class _Pair:
    pictures: tuple[_Picture, _Picture]
    kind: str
    told: str

    @property
    def characters(self) -> int:
        return sum(len(picture.source) for picture in self.pictures)


def render(table: pd.DataFrame, title: str, lede: str, sections: Sequence[Section]) -> str:
    """Renders the page as HTML; styles and pictures are inside, sixty pairs a section at most.

    Args:
        table: The image table that the pairs point into.
        title: The heading of the page.
        lede: The sentence below it.
        sections: What is shown, in this order.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    shown = [
        {"title": section.title, "lede": section.lede, "total": len(section.pairs), "shown": _shown(table, section)}
        for section in sections
    ]
    return environment.get_template("page.html.j2").render(title=title, lede=lede, sections=shown)


def _shown(table: pd.DataFrame, section: Section) -> list[_Pair]:
    rows = section.pairs.head(PAIRS).to_dict("records")
    return list(_affordable(_pair(table, row, section.roles) for row in rows))


def _affordable(pairs: Iterator[_Pair]) -> Iterator[_Pair]:
    """Passes pairs on until their pictures would make the page heavy."""
    spent = 0
    for pair in pairs:
        spent += pair.characters
        if spent > CHARACTERS:
            return
        yield pair


def _pair(table: pd.DataFrame, row: dict[Any, Any], roles: tuple[str, str]) -> _Pair:
    first, second = (
        _picture(table.iloc[row[side]], role) for side, role in zip(("first", "second"), roles, strict=True)
    )
    told = TOLD[row["found_by"]]
    return _Pair(
        (first, second), row["kind"], told if row["kind"] == "exact" else f"{told}; correlation {row['likeness']:.3f}"
    )


def _picture(row: "pd.Series[Any]", role: str) -> _Picture:
    return _Picture(_data_uri(row), row["uri"], row["label"] or "no label", role)


def _data_uri(row: "pd.Series[Any]") -> str:
    try:
        webp = thumbnail(read_image(row["shard"], int(row["offset"]), int(row["nbytes"])), THUMBNAIL_PIXELS)
    except LookalikeError:
        return ""
    return "data:image/webp;base64," + b64encode(webp).decode()
