"""From which cosine two pictures count as the same thing: set on the validation pictures, measured on the test."""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import beside_validation, in_the_source, is_for_validation
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.matches import Matches, Shares, matches_at
from lookalike_components.evaluate.subset import Examination, Positions, Vectors
from lookalike_components.progress import say
from lookalike_components.retrieval import (
    Calibration,
    Curve,
    Labelled,
    Resampling,
    calibrate,
    curve,
    labels_needed,
)

Section = dict[str, Any]
COLUMNS = ("true_matches", "false_matches")


@dataclass(frozen=True, slots=True)
class Measured:
    """What matches among the test's pairs at the threshold, and where other validation labels would have put it.

    Attributes:
        chosen: At the threshold.
        elsewhere: At other thresholds, each once.
        place: int64 ``[resamples]``, which of these each choice of validation labels gives.
    """

    chosen: Matches
    elsewhere: list[Matches]
    place: npt.NDArray[np.int64]


def set_threshold(encoder: Encoder, table: pd.DataFrame, config: EvaluateConfig) -> tuple[Calibration | None, Curve]:
    """Sets the threshold as *export* does for the release, and counts the pairs that it was read off.

    Args:
        encoder: The encoder that is measured.
        table: The whole image table; its labelled validation rows are searched for, among each other and some training
            pictures, and nothing of the test is looked at.
        config: The rate of false matches, and the size of the index that it holds for.

    Returns:
        The threshold, None where the validation pictures have not two labels; and their pairs by cosine.
    """
    pictures = table[is_for_validation(table)]
    beside = beside_validation(table) if len(pictures) else pictures
    asked, others = (Labelled(embed(encoder, rows), rows["label"].tolist()) for rows in (pictures, beside))
    index_size = config.index_size or len(in_the_source(table))
    calibration = calibrate(asked, others, config.false_match_rate, index_size, Resampling())
    _tell(calibration, index_size)
    return calibration, curve(asked.vectors, asked.labels)


def measured(calibration: Calibration, test: Examination, vectors: Vectors) -> Measured:
    """Asks the test what the threshold is worth, and others; ``vectors`` has a row for each of ``test.images``."""
    elsewhere, place = np.unique(calibration.redrawn, return_inverse=True)
    chosen, *others = matches_at((calibration.threshold, *elsewhere), test, vectors)
    return Measured(chosen, others, place)


def of_each_query(matched: Measured | None, judged: Positions) -> dict[str, Shares]:
    """Columns of ``queries.parquet``: shares of each judged query's pairs that match at the threshold.

    Returns:
        ``true_matches`` and ``false_matches``, float64 ``[len(judged)]``; NaN without a threshold.
    """
    if matched is None:
        return {name: np.full(len(judged), np.nan) for name in COLUMNS}
    return {name: shares[judged] for name, shares in matched.chosen.of_each_query().items()}


def redrawn(calibration: Calibration, matched: Measured, judged: Positions) -> pd.DataFrame:
    """The table ``thresholds.parquet``: what would match if other validation labels had set the threshold.

    Returns:
        A row for each choice of labels: ``threshold``, and ``false_matches``, the mean share over the judged queries.
        In the evaluations of two encoders on one table, the same row is the same choice.
    """
    means = np.array([other.of_each_query()["false_matches"][judged].mean() for other in matched.elsewhere])
    return pd.DataFrame({"threshold": calibration.redrawn, "false_matches": means[matched.place]})


def described(
    calibration: Calibration | None, matched: Measured | None, table: pd.DataFrame, config: EvaluateConfig
) -> Section | None:
    """What ``evaluation.json`` says of the threshold; None where there is none."""
    if calibration is None or matched is None:
        return None
    facts = asdict(calibration)
    del facts["redrawn"]  # a table of its own
    return {
        "value": facts.pop("threshold"),
        "rate": config.false_match_rate,
        "index_size": config.index_size or len(in_the_source(table)),
        **facts,
        "test": matched.chosen.shares(),
    }


def _tell(calibration: Calibration | None, index_size: int) -> None:
    if calibration is None:
        say("no threshold: it needs validation pictures of 2 labels or more")
        return
    if calibration.answers_nothing:
        say(
            f"the threshold {calibration.threshold:.3f} answers nothing: no pair of validation pictures of one label "
            "reaches it; train longer, or raise false_match_rate"
        )
    if calibration.labels < (needed := labels_needed(Resampling().confidence)):
        say(f"the threshold rests on {calibration.labels} validation labels: {needed} or more are needed to be sure")
    elif calibration.search_rate and not calibration.supported:
        say(
            f"the threshold lies just above the best of {calibration.searches:,} validation searches for what is not "
            f"there: an index of {index_size:,} pictures asks for {ceil(1 / calibration.search_rate):,} or more"
        )
