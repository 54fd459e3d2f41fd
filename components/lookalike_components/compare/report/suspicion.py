"""Why a query may have got a wrong answer: guesses from what was measured, each of them worth a look."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.examples import PICTURE
from lookalike_components.compare.report.pictures import shown
from lookalike_components.duplicates.confirm import confirmed
from lookalike_components.duplicates.hashes import MOST_DIFFERENT_BITS, codes_of

Kind = Literal["near-duplicate", "label doubt", "distractor", "hub"]
Positions = NDArray[np.int64]

AGREEING = 3
WIDE_OF_THE_MEAN = 2.0
"""A hub is found more often than the mean by so many standard deviations (Radovanović et al. 2010, section 2.2)."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One guess and what speaks for it."""

    kind: Kind
    sentence: str


def suspicions(
    examples: pd.DataFrame, candidate: Evaluation, hashes: Mapping[str, str], said: Mapping[str, str] | None = None
) -> dict[int, list[Suspicion]]:
    """Says for the queries whose first result is wrong now what may be behind it.

    - *near-duplicate*: the wrong answer is the same picture but for compression, size or light, under another label;
    - *label doubt*: the first three answers, before as after, all carry one other label, or *split* found as much among
      all pictures;
    - *distractor*: the wrong answer is of a label that no query asks for;
    - *hub*: the wrong answer is near to very many queries.

    Args:
        examples: Every query, as `lookalike_components.compare.examples.examples` gives them.
        candidate: The evaluation that holds the index, and the answers that are judged.
        hashes: Perceptual hash by image_id, 16 hexadecimal digits; images may be missing.
        said: By uri, the label that the neighbours of an image carried when the pictures were split.

    Returns:
        Guesses by the row of ``examples``; rows of which nothing is suspected are missing.

    Raises:
        UserError: A shard is gone.
    """
    wrong = examples[examples["outcome"].isin(("broken", "still_wrong"))]
    found: dict[int, list[Suspicion]] = defaultdict(list)
    if len(wrong):
        judges = {
            "near-duplicate": _near_duplicates(wrong, candidate.index, hashes),
            "label doubt": _label_doubts(wrong, candidate.index, said or {}),
            "distractor": _distractors(wrong, candidate),
            "hub": _hubs(wrong, candidate),
        }
        for kind, sentences in judges.items():
            for row, sentence in sentences:
                found[row].append(Suspicion(kind, sentence))  # type: ignore[arg-type]
    return dict(found)


def _first_answers(wrong: pd.DataFrame) -> Positions:
    """Positions in the index int64 [len(wrong)]."""
    return np.array([found[0] for found in wrong["found_after"]], np.int64)


def _label_doubts(wrong: pd.DataFrame, index: pd.DataFrame, said: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    labels = index["label"].to_numpy()
    for row, uri, before, after in zip(
        wrong.index, wrong["uri"], wrong["found_before"], wrong["found_after"], strict=True
    ):
        answers = [*labels[before[:AGREEING]], *labels[after[:AGREEING]]]
        if len(answers) == 2 * AGREEING and isinstance(answers[0], str) and len(set(answers)) == 1:
            yield row, f"its three nearest pictures, before as after, all show {shown(answers[0])}"
        elif uri in said:
            yield row, f"of all pictures, the three that are nearest to the pretrained encoder show {shown(said[uri])}"


def _distractors(wrong: pd.DataFrame, candidate: Evaluation) -> Iterator[tuple[int, str]]:
    asked_for = set(candidate.queries["label"])
    labels = candidate.index["label"].to_numpy()[_first_answers(wrong)]
    for row, label in zip(wrong.index, labels, strict=True):
        if label not in asked_for:
            yield row, f"the answer shows {shown(label)}, which no query asks for"


def _hubs(wrong: pd.DataFrame, candidate: Evaluation) -> Iterator[tuple[int, str]]:
    found = np.concatenate(candidate.queries["neighbours"].to_list())
    depth = len(candidate.queries["neighbours"].iloc[0])
    times = np.bincount(found, minlength=len(candidate.index))
    limit = times.mean() + WIDE_OF_THE_MEAN * times.std()
    for row, position in zip(wrong.index, _first_answers(wrong), strict=True):
        if times[position] > limit:
            yield row, f"the answer is among the first {depth} of {times[position]:,} queries"


def _near_duplicates(wrong: pd.DataFrame, index: pd.DataFrame, hashes: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Pictures whose hashes are alike, and which laid over each other are the same."""
    first = _first_answers(wrong)
    pairs = np.stack([np.arange(len(wrong)), len(wrong) + first], axis=1)
    pictures = pd.concat([wrong[PICTURE], index[PICTURE]], ignore_index=True)
    alike = _alike_by_hash(pictures["image_id"].map(hashes), pairs)
    for same, _ in confirmed(pictures, [pairs[alike]]):
        for query, _ in same:
            yield int(wrong.index[query]), "the answer is the same picture but for its size, light or compression"


def _alike_by_hash(hashes: "pd.Series[Any]", pairs: Positions) -> NDArray[np.bool_]:
    """Which pairs have hashes that differ in few bits: bool [len(pairs)]."""
    known = hashes.notna().to_numpy()[pairs].all(axis=1)
    first, second = (codes_of(hashes.iloc[pairs[known, side]].to_list()) for side in (0, 1))
    alike = np.zeros(len(pairs), bool)
    alike[known] = np.unpackbits(first ^ second, axis=1).sum(axis=1) <= MOST_DIFFERENT_BITS
    return alike
