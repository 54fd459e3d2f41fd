"""Test pictures on a map of their vectors, before and after."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.compare.report.findings import Findings
from lookalike_components.compare.report.layout import FEWEST, Layout, aligned_layouts, spread
from lookalike_components.compare.report.pictures import affordable, picture, shown
from lookalike_components.compare.sample import Sample

MOST_POINTS = 300
FEWEST_OF_A_LABEL = 4
THUMBNAIL_PIXELS = 96
CHARACTERS = 2_000_000
SEED = 0
SIDE = 560
RADIUS = 12
DISTANCE = 20
EDGE = RADIUS + 3


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the canvas, and whether the nearest other picture of the sample shows the same thing."""

    x: float
    y: float
    right: bool


@dataclass(frozen=True, slots=True)
class Point:
    """One picture on both maps; ``kind`` is the number of its label, ``source`` is empty where the page is full."""

    source: str
    label: str
    kind: int
    before: Dot
    after: Dot


@dataclass(frozen=True, slots=True)
class EmbeddingMap:
    """Some pictures out of a sample of ``total``, and the share of right nearest neighbours among those shown."""

    points: list[Point]
    total: int
    right_before: float
    right_after: float

    @property
    def without_picture(self) -> int:
        """How many points have no picture, since it would have made the page too heavy."""
        return sum(not point.source for point in self.points)


def embedding_map(findings: Findings) -> EmbeddingMap | None:
    """Lays out both maps; None where the evaluations hold no sample, not the same one, or too small a one."""
    before, after = findings.reference.sample, findings.candidate.sample
    if before is None or after is None or not before.pictures["image_id"].equals(after.pictures["image_id"]):
        return None
    rows = chosen(after.pictures["label"])
    if len(rows) < FEWEST:
        return None
    layouts = aligned_layouts(before.vectors[rows], after.vectors[rows])
    farthest = max(float(np.abs(layout).max()) for layout in layouts)  # one measure for both maps
    dots = [_dots(layout / farthest, side, rows) for layout, side in zip(layouts, (before, after), strict=True)]
    shares = (sum(dot.right for dot in side) / len(side) for side in dots)
    return EmbeddingMap(_points(after.pictures.iloc[rows], *dots), len(after.pictures), *shares)


def chosen(labels: "pd.Series[str]") -> NDArray[np.int64]:
    """Picks the rows that are drawn: whole labels or equal parts of them, `MOST_POINTS` at most.

    Labels of a single picture are passed over; the others come in a random order that is always the same.

    Args:
        labels: The label of each picture of a sample; may be missing.
    """
    rows = pd.Series(np.arange(len(labels)))
    groups = [group.to_numpy() for _, group in rows.groupby(labels.to_numpy()) if len(group) > 1]
    of_each = max(FEWEST_OF_A_LABEL, MOST_POINTS // max(len(groups), 1))
    order = np.random.default_rng(SEED).permutation(len(groups))
    picked = [groups[place][:of_each] for place in order]
    return np.concatenate([np.empty(0, np.int64), *picked])[:MOST_POINTS]


def _right(sample: Sample, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the nearest other picture of the whole sample carries the label of each row."""
    cosines = sample.vectors[rows] @ sample.vectors.T
    cosines[np.arange(len(rows)), rows] = -np.inf
    labels = sample.pictures["label"].to_numpy()
    return np.asarray(labels[cosines.argmax(axis=1)] == labels[rows], bool)


def _dots(layout: Layout, sample: Sample, rows: NDArray[np.int64]) -> list[Dot]:
    """A layout within -1 and 1, brought to the canvas, with room for pictures."""
    places = spread(SIDE / 2 + (SIDE / 2 - EDGE) * layout, DISTANCE).clip(EDGE, SIDE - EDGE).round(1)
    return [Dot(x, y, bool(right)) for (x, y), right in zip(places.tolist(), _right(sample, rows), strict=True)]


def _points(pictures: pd.DataFrame, before: list[Dot], after: list[Dot]) -> list[Point]:
    thumbnails = (picture(row, THUMBNAIL_PIXELS) for _, row in pictures.iterrows())
    sources = [thumbnail.source for thumbnail in affordable(thumbnails, CHARACTERS)]
    sources += [""] * (len(pictures) - len(sources))
    kinds, _ = pd.factorize(pictures["label"])
    return [
        Point(source, shown(label), int(kind), was, now)
        for source, label, kind, was, now in zip(sources, pictures["label"], kinds, before, after, strict=True)
    ]
