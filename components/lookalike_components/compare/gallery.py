"""Queries with their answers before and after, as thumbnails that live inside the page."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from lookalike_components.compare.examples import Outcome
from lookalike_components.dataset import read_image
from lookalike_components.pixels import thumbnail

THUMBNAIL_PIXELS = 144
CASES = 12
RESULTS = 5
CHARACTERS = 1_100_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail as a data URI, its label, and for a result its cosine and whether it is right."""

    source: str
    label: str
    score: float = 1.0
    right: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One query with its first results under either encoder."""

    query: Picture
    before: list[Picture]
    after: list[Picture]

    @property
    def characters(self) -> int:
        """What it adds to the page."""
        return sum(len(picture.source) for picture in [self.query, *self.before, *self.after])


@dataclass(frozen=True, slots=True)
class Gallery:
    """The most telling queries of one outcome, out of ``total``."""

    outcome: Outcome
    total: int
    cases: list[Case]


def gallery(outcome: Outcome, examples: pd.DataFrame, index: pd.DataFrame, k: int) -> Gallery:
    """Collects the first cases of an outcome, as many as one page can carry.

    Args:
        outcome: Which queries.
        examples: Every query, the most telling first, as `lookalike_components.compare.examples.examples` gives them.
        index: The pictures that the answers point into.
        k: Results to show, five at most.
    """
    rows = examples[examples["outcome"] == outcome]
    cases = _affordable(_case(row, index, min(k, RESULTS)) for _, row in rows.head(CASES).iterrows())
    return Gallery(outcome, len(rows), list(cases))


def _affordable(cases: Iterator[Case]) -> Iterator[Case]:
    """Passes cases on until their pictures would make the page heavy."""
    spent = 0
    for case in cases:
        spent += case.characters
        if spent > CHARACTERS:
            return
        yield case


def _case(row: "pd.Series[Any]", index: pd.DataFrame, k: int) -> Case:
    return Case(_picture(row), _answers(row, index, k, "before"), _answers(row, index, k, "after"))


def _answers(row: "pd.Series[Any]", index: pd.DataFrame, k: int, when: str) -> list[Picture]:
    answers = zip(row[f"found_{when}"], row[f"scores_{when}"], row[f"right_{when}"], strict=True)
    return [_picture(index.iloc[position], float(score), bool(right)) for position, score, right in list(answers)[:k]]


def _picture(row: "pd.Series[Any]", score: float = 1.0, right: bool = True) -> Picture:
    return Picture(_data_uri(row["shard"], row["offset"], row["nbytes"]), row["label"] or "no label", score, right)


@lru_cache(maxsize=1024)
def _data_uri(shard: str, offset: int, nbytes: int) -> str:
    webp = thumbnail(read_image(shard, int(offset), int(nbytes)), THUMBNAIL_PIXELS)
    return "data:image/webp;base64," + b64encode(webp).decode()
