"""From which cosine two pictures count as the same thing: set on the validation pictures, measured on the test."""

from dataclasses import asdict
from math import ceil
from typing import Any

import pandas as pd

from lookalike_components.dataset import in_the_source, is_for_validation
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.matches import Matches
from lookalike_components.progress import say
from lookalike_components.retrieval import Calibration, Curve, Resampling, calibrate, curve

Section = dict[str, Any]


def set_threshold(encoder: Encoder, table: pd.DataFrame, config: EvaluateConfig) -> tuple[Calibration | None, Curve]:
    """Sets the threshold as *export* does for the release, and counts the pairs that it was read off.

    Args:
        encoder: The encoder that is measured.
        table: The whole image table; its labelled validation rows are embedded, and nothing of the test is looked at.
        config: The rate of false matches, and the size of the index that it holds for.

    Returns:
        The threshold, None where no two validation pictures differ in their label; and their pairs by cosine.
    """
    pictures = table[is_for_validation(table)]
    vectors, labels = embed(encoder, pictures), pictures["label"].tolist()
    index_size = config.index_size or len(in_the_source(table))
    calibration = calibrate(vectors, labels, config.false_match_rate, index_size, Resampling())
    _tell(calibration, index_size)
    return calibration, curve(vectors, labels)


def described(
    calibration: Calibration | None, matches: Matches | None, table: pd.DataFrame, config: EvaluateConfig
) -> Section | None:
    """What ``evaluation.json`` says of the threshold; None where there is none."""
    if calibration is None or matches is None:
        return None
    facts = asdict(calibration)
    return {
        "value": facts.pop("threshold"),
        "rate": config.false_match_rate,
        "index_size": config.index_size or len(in_the_source(table)),
        **facts,
        "test": matches.shares(),
    }


def _tell(calibration: Calibration | None, index_size: int) -> None:
    if calibration is None:
        say("no threshold: it needs validation pictures of 2 labels or more")
    elif calibration.pair_rate and not calibration.supported:
        say(
            f"the threshold lies just above the best of {calibration.pairs:,} validation pairs of different labels: an "
            f"index of {index_size:,} pictures asks for {ceil(1 / calibration.pair_rate):,} pairs or more"
        )
