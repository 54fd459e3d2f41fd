"""Queries with their answers before and after, and what may have gone wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lookalike_components.compare.examples import Outcome
from lookalike_components.compare.report.pictures import Picture, affordable, picture
from lookalike_components.compare.report.suspicion import Suspicion

CASES = 12
RESULTS = 5
CHARACTERS = 1_100_000


@dataclass(frozen=True, slots=True)
class Case:
    """One query with its first results under either encoder, its margins, and what is suspected of a wrong one."""

    query: Picture
    before: list[Picture]
    after: list[Picture]
    margins: tuple[float, float]
    suspicions: Sequence[Suspicion]

    @property
    def characters(self) -> int:
        """What it adds to the page."""
        return sum(len(picture.source) for picture in [self.query, *self.before, *self.after])


@dataclass(frozen=True, slots=True)
class Gallery:
    """The most telling queries of one outcome, out of ``total``; ``too_heavy`` where some were dropped for weight."""

    outcome: Outcome
    total: int
    cases: list[Case]
    too_heavy: bool


def gallery(
    outcome: Outcome,
    examples: pd.DataFrame,
    index: pd.DataFrame,
    k: int,
    suspected: Mapping[int, Sequence[Suspicion]],
) -> Gallery:
    """Collects the first cases of an outcome, as many as one page can carry.

    Args:
        outcome: Which queries.
        examples: Every query, the most telling first, as `lookalike_components.compare.examples.examples` gives them.
        index: The pictures that the answers point into.
        k: Results to show, five at most.
        suspected: What may have gone wrong, by the row of ``examples``.
    """
    rows = examples[examples["outcome"] == outcome]
    chosen = rows.head(CASES)
    made = (
        _case(row, index, min(k, RESULTS), suspected.get(place, ()))
        for place, (_, row) in zip(chosen.index.tolist(), chosen.iterrows(), strict=True)
    )
    cases = list(affordable(made, CHARACTERS))
    return Gallery(outcome, len(rows), cases, len(cases) < len(chosen))


def _case(row: "pd.Series[Any]", index: pd.DataFrame, k: int, suspicions: Sequence[Suspicion]) -> Case:
    before, after = (_answers(row, index, k, when) for when in ("before", "after"))
    return Case(picture(row), before, after, (row["margin_before"], row["margin_after"]), suspicions)


def _answers(row: "pd.Series[Any]", index: pd.DataFrame, k: int, when: str) -> list[Picture]:
    answers = zip(row[f"found_{when}"], row[f"scores_{when}"], row[f"right_{when}"], strict=True)
    return [
        picture(index.iloc[position], score=float(score), right=bool(right))
        for position, score, right in list(answers)[:k]
    ]
