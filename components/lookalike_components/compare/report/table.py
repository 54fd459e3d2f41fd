"""Differences with their intervals, as rows of a table and bars on one scale."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lookalike_components.compare.comparison import Comparison
from lookalike_components.retrieval import Interval, Title, titles
from lookalike_components.retrieval.slices import Slice

MOST_SLICES = 40
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval drawn on the scale that all its neighbours share; places in percent from the left."""

    zero: float
    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of metrics."""

    metric: str
    title: Title
    before: float
    after: float
    difference: Interval
    bar: Bar


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One line of the table of slices."""

    slice: Slice
    bar: Bar

    @property
    def difference(self) -> Interval:
        """The difference of the deciding metric within the slice."""
        return self.slice.difference


def table_rows(comparison: Comparison) -> list[Row]:
    """Lines of the table of metrics, in the order in which people read them, with their bars."""
    known = {name: title for name, title in titles(comparison.k).items() if name in comparison.difference}
    drawn = bars({name: _shares(comparison.difference[name], title) for name, title in known.items()})
    return [
        Row(name, title, comparison.before[name], comparison.after[name], comparison.difference[name], drawn[name])
        for name, title in known.items()
    ]


def slice_rows(slices: list[Slice]) -> list[SliceRow]:
    """Lines of the table of slices, by column; of many, those that gained least."""
    least = sorted(slices, key=lambda part: part.difference.mean)[:MOST_SLICES]
    shown = [part for part in slices if part in least]
    drawn = bars({place: part.difference for place, part in enumerate(shown)})
    return [SliceRow(part, drawn[place]) for place, part in enumerate(shown)]


def bars(intervals: Mapping[Name, Interval]) -> dict[Name, Bar]:
    """Places intervals on one scale that holds all of them and 0."""
    left = min([0.0, *(interval.low for interval in intervals.values())])
    right = max([0.0, *(interval.high for interval in intervals.values())])
    margin = 0.04 * (right - left) or 0.5

    def place(value: float) -> float:
        return round(100 * (value - left + margin) / (right - left + 2 * margin), 2)

    return {
        name: Bar(place(0.0), place(interval.low), place(interval.mean), place(interval.high))
        for name, interval in intervals.items()
    }


def _shares(interval: Interval, title: Title) -> Interval:
    """A difference as shares of the metric's span, so that one scale fits all metrics."""
    return Interval(interval.mean / title.span, interval.low / title.span, interval.high / title.span)
