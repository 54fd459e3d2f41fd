"""Geometry of the training curve: numbers to points on a small canvas; the template only draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 460, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 86, 16, 30
MOST_EPOCHS_NAMED = 8
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One named line, and where its name stands."""

    name: str
    points: list[Point]
    values: list[float]
    label_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in pixels, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart over the epochs."""

    title: str
    epochs: list[float]
    lines: list[Line]
    across: list[Tick]
    up: list[Tick]


def panel(title: str, epochs: Sequence[float], series: Mapping[str, Sequence[float]]) -> Panel:
    """Lays out one chart.

    Args:
        title: What the chart shows.
        epochs: Epoch of each value, ascending, one or more.
        series: Values by the name of their line, as many as epochs.
    """
    ticks = round_ticks(*_range([value for values in series.values() for value in values]))
    bottom, top = ticks[0], ticks[-1]
    columns = [scaled(epoch, epochs[0], epochs[-1], LEFT, WIDTH - RIGHT) for epoch in epochs]
    rows = {name: [scaled(v, bottom, top, HEIGHT - BOTTOM, TOP) for v in values] for name, values in series.items()}
    ends = _apart({name: ys[-1] for name, ys in rows.items()})
    return Panel(
        title,
        list(epochs),
        [Line(name, list(zip(columns, ys, strict=True)), list(series[name]), ends[name]) for name, ys in rows.items()],
        [Tick(x, f"{epoch:g}") for x, epoch in list(zip(columns, epochs, strict=True))[:: _stride(len(epochs))]],
        [Tick(scaled(tick, bottom, top, HEIGHT - BOTTOM, TOP), f"{tick:g}") for tick in ticks],
    )


def training_panels(history: Sequence[dict[str, Any]], shown: dict[str, str]) -> list[Panel]:
    """Charts of a training history: retrieval on the validation labels, then the loss.

    Rows of trials, which lead elsewhere, and the row about what was kept, which leads back, are no part of the curves.

    Args:
        history: Rows with ``epoch``, ``loss`` (None before training) and ``validation`` (metrics by name, or empty).
        shown: Titles of the validation metrics to draw, by metric.
    """
    way = [row for row in history if not row.keys() & {"trial", "kept"}]
    measured = [row for row in way if row.get("validation")]
    trained = [row for row in way if row.get("loss") is not None]
    panels = []
    if measured:
        series = {title: [row["validation"][name] for row in measured] for name, title in shown.items()}
        panels.append(panel("Retrieval on the validation labels", [row["epoch"] for row in measured], series))
    if trained:
        panels.append(
            panel(
                "Loss on the training labels",
                [row["epoch"] for row in trained],
                {"loss": [row["loss"] for row in trained]},
            )
        )
    return panels


def round_ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers, evenly spaced, that enclose a range."""
    rough = (high - low) / 3
    magnitude = 10.0 ** floor(log10(rough))
    spacing = next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= rough)
    first, last = floor(low / spacing + 1e-9), ceil(high / spacing - 1e-9)
    return [round(place * spacing, 10) for place in range(first, last + 1)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.05, high + 0.05)


def scaled(value: float, low: float, high: float, start: float, end: float) -> float:
    """Where a value of the range ``low`` to ``high`` lies between two places on the canvas."""
    share = (value - low) / (high - low) if high > low else 0.5
    return round(start + share * (end - start), 1)


def _stride(epochs: int) -> int:
    return ceil(epochs / MOST_EPOCHS_NAMED)


def _apart(ends: dict[str, float], least: float = 36.0) -> dict[str, float]:
    """Moves the names at the ends of lines down until none covers another."""
    placed: dict[str, float] = {}
    for name, y in sorted(ends.items(), key=lambda end: end[1]):
        placed[name] = max(y, max(placed.values(), default=y - least) + least)
    return placed
