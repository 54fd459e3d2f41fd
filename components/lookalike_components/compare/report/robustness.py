"""How both encoders take spoilt pictures: a heat map of corruptions by severity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lookalike_components.compare.report.findings import Findings

METRIC = "recall_at_1"
UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, and how strongly it is coloured: -1 (bad) to 1 (good)."""

    value: float
    strength: float


@dataclass(frozen=True, slots=True)
class Line:
    """One corruption: a cell for each severity, the mildest first."""

    corruption: str
    before: list[Cell]
    after: list[Cell]
    difference: list[Cell]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Recall@1 of spoilt queries.

    Attributes:
        queries: How many queries were spoilt.
        severities: Levels, the mildest first.
        untouched: Recall@1 of the same queries as they are, before and after.
        lines: One a corruption.
    """

    queries: int
    severities: list[int]
    untouched: tuple[float, float]
    lines: list[Line]


def heat_map(findings: Findings) -> HeatMap | None:
    """Collects the map; None where either encoder was not tried on spoilt pictures, or not on as many."""
    both = findings.fact("robustness")
    if not both or both[0]["queries"] != both[1]["queries"]:
        return None
    before, after = (_by_corruption(side["cells"]) for side in both)
    severities = sorted({severity for _, severity in after})
    names = dict.fromkeys(corruption for corruption, _ in after)
    largest = max(abs(after[cell] - before[cell]) for cell in after) or 1.0
    lines = [
        Line(
            name,
            [_absolute(before[name, severity]) for severity in severities],
            [_absolute(after[name, severity]) for severity in severities],
            [_change(after[name, severity] - before[name, severity], largest) for severity in severities],
        )
        for name in names
    ]
    return HeatMap(both[1]["queries"], severities, (both[0][UNTOUCHED][METRIC], both[1][UNTOUCHED][METRIC]), lines)


def _by_corruption(cells: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], float]:
    return {(cell["corruption"], int(cell["severity"])): float(cell[METRIC]) for cell in cells}


def _absolute(value: float) -> Cell:
    return Cell(value, value)


def _change(value: float, largest: float) -> Cell:
    return Cell(value, value / largest)
