"""Thumbnails that live inside the page, and how many of them one page can carry."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import pandas as pd

from lookalike_components.dataset import read_image
from lookalike_components.pixels import thumbnail

THUMBNAIL_PIXELS = 144
MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail as a data URI, its label, and for a result its cosine and whether it is right."""

    source: str
    label: str
    score: float = 1.0
    right: bool = True

    @property
    def characters(self) -> int:
        """What it adds to the page."""
        return len(self.source)


class Heavy(Protocol):
    """What adds to the weight of the page."""

    @property
    def characters(self) -> int:
        """How much it adds."""


Weighed = TypeVar("Weighed", bound=Heavy)


def affordable(items: Iterable[Weighed], characters: int) -> Iterator[Weighed]:
    """Passes items on until they would add more than so many characters to the page."""
    spent = 0
    for item in items:
        spent += item.characters
        if spent > characters:
            return
        yield item


def picture(row: "pd.Series[Any]", size: int = THUMBNAIL_PIXELS, score: float = 1.0, right: bool = True) -> Picture:
    """The picture of a row that says where its bytes lie, in a square of ``size`` pixels."""
    return Picture(_data_uri(row["shard"], row["offset"], row["nbytes"], size), shown(row["label"]), score, right)


def shown(label: str | None) -> str:
    """A label as the page writes it: cut where it is very long, and never empty."""
    if not isinstance(label, str) or not label:
        return "no label"
    return label if len(label) <= MOST_LETTERS else label[: MOST_LETTERS - 1] + "…"


@lru_cache(maxsize=2048)
def _data_uri(shard: str, offset: int, nbytes: int, size: int) -> str:
    webp = thumbnail(read_image(shard, int(offset), int(nbytes)), size)
    return "data:image/webp;base64," + b64encode(webp).decode()
