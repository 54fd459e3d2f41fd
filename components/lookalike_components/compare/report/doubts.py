"""Pictures to look at again: those that training knows, and those whose label may be wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lookalike_components.compare.report.pictures import Picture, affordable, picture, shown
from lookalike_components.compare.report.suspicion import Suspicion
from lookalike_components.compare.suspects import NEAR, NEIGHBOURS, Suspects

MOST = 12
CHARACTERS = 150_000
THUMBNAIL_PIXELS = 96
ABOUT_LABELS = {"label doubt", "near-duplicate"}
KNOWN = {
    "exact": "it is also among the training or validation pictures",
    NEAR: "it is nearly the same as one of the training or validation pictures",
}
DENIED = {
    NEIGHBOURS: "its three nearest pictures, to the pretrained encoder, all show",
    "exact": "training has the same picture as",
    NEAR: "training has nearly the same picture as",
}


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


def leaks(suspects: Suspects) -> Doubts:
    """Test pictures that training had under the same label."""
    return _doubts(suspects.leaked, [KNOWN[copy] for copy in suspects.leaked["copy"]])


def doubts_of_split(suspects: Suspects) -> Doubts:
    """Pictures of any part whose label was in doubt before an encoder was trained."""
    rows = suspects.mislabelled
    reasons = zip(rows["because"], rows["other"], strict=True) if len(rows) else ()
    return _doubts(rows, [f"{DENIED[because]} {shown(other)}" for because, other in reasons])


def _doubts(rows: pd.DataFrame, sentences: Sequence[str]) -> Doubts:
    first = zip((row for _, row in rows.head(MOST).iterrows()), sentences, strict=False)
    made = (Doubt(picture(row, THUMBNAIL_PIXELS), row["uri"], sentence) for row, sentence in first)
    return Doubts(len(rows), list(affordable(made, CHARACTERS)))
