"""Which accepted images are worth a second look, by thresholds that let ordinary photos and drawings pass."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

BLURRED = 30.0  # sharpness; see lookalike_components.pixels.Quality
BLANK = 4.0  # contrast, levels of 255
DARK = 64.0  # brightness and twice the contrast, levels of 255
TINY = 64  # pixels of the shorter side
ODD = 3.0  # longer side over shorter side: an encoder sees every picture as a square


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing that may be wrong with an image.

    Attributes:
        name: As it is shown.
        meaning: What is seen, and from which value on.
        found: Which rows of the accepted images it is about: bool ``[n]``.
        worst: What the rows are sorted by, the worst first.
        told: A row's own value in words.
    """

    name: str
    meaning: str
    found: Callable[[pd.DataFrame], pd.Series]
    worst: Callable[[pd.DataFrame], pd.Series]
    told: Callable[["pd.Series"], str]


def _shape(images: pd.DataFrame) -> pd.Series:
    sides = images[["width", "height"]]
    return sides.max(axis=1) / sides.min(axis=1)


def _is_blank(images: pd.DataFrame) -> pd.Series:
    return images["contrast"] < BLANK


def _light(images: pd.DataFrame) -> pd.Series:
    return images["brightness"] + 2 * images["contrast"]


def _is_dark(images: pd.DataFrame) -> pd.Series:
    return _light(images) < DARK


def _sides(row: "pd.Series") -> str:
    return f"{row['width']:,.0f} x {row['height']:,.0f}"


SUSPICIONS = (
    Suspicion(
        "blurred",
        f"No edge is sharp anywhere (sharpness below {BLURRED:g}); sharp photos have 50 to 4,000.",
        lambda images: (images["sharpness"] < BLURRED) & ~_is_blank(images) & ~_is_dark(images),
        lambda images: images["sharpness"],
        lambda row: f"sharpness {row['sharpness']:.0f}",
    ),
    Suspicion(
        "dark",
        f"Hardly a pixel leaves the lowest quarter (brightness + 2 x contrast below {DARK:g} of 255).",
        lambda images: _is_dark(images) & ~_is_blank(images),
        _light,
        lambda row: f"brightness {row['brightness']:.0f}",
    ),
    Suspicion(
        "blank",
        f"One colour all over (contrast below {BLANK:g} of 255).",
        _is_blank,
        lambda images: images["contrast"],
        lambda row: f"contrast {row['contrast']:.1f}",
    ),
    Suspicion(
        "tiny",
        f"The shorter side has fewer than {TINY} pixels.",
        lambda images: images[["width", "height"]].min(axis=1) < TINY,
        lambda images: images[["width", "height"]].min(axis=1),
        _sides,
    ),
    Suspicion(
        "odd shape",
        f"One side is more than {ODD:g} times the other; an encoder squeezes every picture into a square.",
        lambda images: _shape(images) > ODD,
        lambda images: -_shape(images),
        _sides,
    ),
)


def suspects(images: pd.DataFrame, suspicion: Suspicion) -> pd.DataFrame:
    """The rows that a suspicion is about, the worst first."""
    found = images[suspicion.found(images)]
    return found.loc[suspicion.worst(found).sort_values(kind="stable").index]
