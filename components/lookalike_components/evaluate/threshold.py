"""From which cosine two pictures count as the same thing: set on the validation pictures, measured on the test."""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from lookalike_components.dataset import beside_validation, in_the_source, is_for_validation
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.matches import Matches, Shares, matches_at
from lookalike_components.evaluate.subset import Examination, Vectors
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
COLUMNS = ("true_matches", "false_matches", "false_matches_low", "false_matches_high")


@dataclass(frozen=True, slots=True)
class Measured:
    """What matches among the test's pairs at the threshold, and at the lower and the upper end of its interval."""

    chosen: Matches
    low: Matches
    high: Matches


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
    """Asks the test what the threshold is worth; ``vectors`` has a row for each of ``test.images``."""
    return Measured(*matches_at((calibration.threshold, calibration.low, calibration.high), test, vectors))


def of_each_query(matched: Measured | None, queries: int) -> dict[str, Shares]:
    """Columns of ``queries.parquet``: shares of each query's pairs, float64 ``[queries]``; NaN without a threshold.

    ``true_matches`` and ``false_matches`` are those at the threshold, ``false_matches_low`` and ``false_matches_high``
    those at the ends of its interval: where it lies low, more matches.
    """
    if matched is None:
        return {name: np.full(queries, np.nan) for name in COLUMNS}
    ends = {f"false_matches_{end}": getattr(matched, end).of_each_query()["false_matches"] for end in ("low", "high")}
    return {**matched.chosen.of_each_query(), **ends}


def described(
    calibration: Calibration | None, matched: Measured | None, table: pd.DataFrame, config: EvaluateConfig
) -> Section | None:
    """What ``evaluation.json`` says of the threshold; None where there is none."""
    if calibration is None or matched is None:
        return None
    facts = asdict(calibration)
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
    elif calibration.labels < (needed := labels_needed(Resampling().confidence)):
        say(f"the threshold rests on {calibration.labels} validation labels: {needed} or more are needed to be sure")
    elif calibration.search_rate and not calibration.supported:
        say(
            f"the threshold lies just above the best of {calibration.searches:,} validation searches for what is not "
            f"there: an index of {index_size:,} pictures asks for {ceil(1 / calibration.search_rate):,} or more"
        )
