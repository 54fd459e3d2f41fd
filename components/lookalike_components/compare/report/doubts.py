"""Pictures to look at again: those that training knows, and those whose label may be wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lookalike_components.compare.report.pictures import Picture, affordable, picture
from lookalike_components.compare.report.suspicion import Suspicion

MOST = 12
CHARACTERS = 150_000
THUMBNAIL_PIXELS = 96
ABOUT_LABELS = {"label doubt", "near-duplicate"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One picture, where it came from, and what is odd about it."""

    picture: Picture
    uri: str
    sentence: str

    @property
    def characters(self) -> int:
        """What it adds to the page."""
        return self.picture.characters


@dataclass(frozen=True, slots=True)
class Doubts:
    """The first few of ``total``."""

    total: int
    shown: list[Doubt]


def label_doubts(examples: pd.DataFrame, suspected: Mapping[int, Sequence[Suspicion]]) -> Doubts:
    """Queries whose own label is in doubt, in the order of ``examples``."""
    sentences = {
        row: next(guess.sentence for guess in guesses if guess.kind in ABOUT_LABELS)
        for row, guesses in sorted(suspected.items())
        if {guess.kind for guess in guesses} & ABOUT_LABELS
    }
    return _doubts(examples.loc[list(sentences)], list(sentences.values()))


def leaks(leaked: pd.DataFrame) -> Doubts:
    """Test pictures that training had under the same label."""
    return _doubts(leaked, ["it is also among the training or validation pictures"] * len(leaked))


def _doubts(rows: pd.DataFrame, sentences: Sequence[str]) -> Doubts:
    first = zip((row for _, row in rows.head(MOST).iterrows()), sentences, strict=False)
    made = (Doubt(picture(row, THUMBNAIL_PIXELS), row["uri"], sentence) for row, sentence in first)
    return Doubts(len(rows), list(affordable(made, CHARACTERS)))
