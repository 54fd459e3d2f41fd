"""The curve behind "is it the same thing?": what share of the pairs of either kind lies at or above each cosine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.compare.report.chart import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Point, Tick, scaled
from lookalike_components.compare.report.findings import Findings

Shares = NDArray[np.float64]
KINDS = ("same", "different")
RIGHT = 14
LEAST_DRAWN = 0.999
"""The axis begins where all pairs of different things but one in a thousand lie above."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The chosen threshold on the canvas, with its interval where it has one."""

    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CosineChart:
    """The two curves of one encoder.

    Attributes:
        name: Which encoder.
        cosines: float64 [bins], ascending.
        shares: Shares of pairs at or above each, float64 [bins], of the same thing and of different ones.
        threshold: What ``evaluation.json`` says of its threshold; None where it has none.
    """

    name: str
    cosines: Shares
    shares: Mapping[str, Shares]
    threshold: Mapping[str, Any] | None

    def points(self, kind: str) -> list[Point]:
        """One curve on the canvas."""
        pairs = zip(self.cosines.tolist(), self.shares[kind].tolist(), strict=True)
        return [(self._across(cosine), _up(share)) for cosine, share in pairs]

    @property
    def across(self) -> list[Tick]:
        """Cosines on the axis below."""
        ticks = [tick / 5 for tick in range(-5, 6) if tick / 5 >= self.cosines[0]]
        return [Tick(self._across(tick), f"{tick:g}") for tick in ticks]

    @property
    def up(self) -> list[Tick]:
        """Shares on the axis at the left."""
        return [Tick(_up(share), f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)]

    @property
    def mark(self) -> Mark | None:
        """The threshold on the canvas; None where there is none."""
        if not self.threshold:
            return None
        value, low, high = (self.threshold[edge] for edge in ("value", "low", "high"))
        edges = (value, value if low is None else low, value if high is None else high)
        return Mark(*(self._across(min(max(edge, float(self.cosines[0])), 1.0)) for edge in edges))

    def _across(self, cosine: float) -> float:
        return scaled(cosine, float(self.cosines[0]), 1.0, LEFT, WIDTH - RIGHT)


def cosine_charts(findings: Findings) -> list[CosineChart]:
    """Lays out the curves before and after, over one axis; none where an evaluation holds no curve."""
    sides = {"Before": findings.reference, "After": findings.candidate}
    curves = {name: side.curve for name, side in sides.items() if side.curve is not None}
    if len(curves) < len(sides):
        return []
    rates = {name: match_rates(curve) for name, curve in curves.items()}
    start = min(_first_drawn(shares["different"]) for shares in rates.values())
    cosines = curves["After"]["cosine"].to_numpy()[start:]
    return [
        CosineChart(name, cosines, {kind: shares[kind][start:] for kind in KINDS}, sides[name].facts.get("threshold"))
        for name, shares in rates.items()
    ]


def match_rates(curve: pd.DataFrame) -> dict[str, Shares]:
    """Shares of the test's pairs at or above each bin's lower edge.

    Returns:
        float64 [bins], from 1 down, for ``same`` and ``different``; all 0 where there is no such pair.
    """
    return {kind: _at_or_above(curve[f"test_{kind}"].to_numpy()) for kind in KINDS}


def _at_or_above(counts: NDArray[np.int64]) -> Shares:
    above = counts[::-1].cumsum()[::-1]
    return np.asarray(above / max(int(above[0]), 1), np.float64)


def _first_drawn(different: Shares) -> int:
    return max(int((different > LEAST_DRAWN).sum()) - 1, 0)


def _up(share: float) -> float:
    return scaled(share, 0.0, 1.0, HEIGHT - BOTTOM, TOP)
