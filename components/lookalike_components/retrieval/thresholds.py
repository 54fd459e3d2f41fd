"""From scores of pairs to the score above which two pictures are called the same thing."""

import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import UserError


def threshold_at(false_match_rate: float, non_matching_scores: NDArray[np.float32]) -> float:
    """Gives the lowest threshold that lets at most this share of non-matching pairs through.

    A pair matches when its score is equal to or above the threshold.

    Args:
        false_match_rate: Share of non-matching pairs that may be called a match, from 0 to below 1.
        non_matching_scores: float32 [n], scores of pairs that carry different labels.

    Returns:
        The float32 just above the best score that must not pass. With fewer than ``1 / false_match_rate`` pairs, that
        is just above the best of all.

    Raises:
        UserError: There is no pair, or the rate is out of range.
    """
    if not 0 <= false_match_rate < 1:
        raise UserError(f"false_match_rate is {false_match_rate}; it should be 0 or more and less than 1")
    if not len(non_matching_scores):
        raise UserError(
            "a threshold needs pairs of different labels, got none; put 2 labels or more into the validation"
        )
    passing = int(false_match_rate * len(non_matching_scores))
    place = len(non_matching_scores) - 1 - passing
    best_refused = np.partition(np.asarray(non_matching_scores, dtype=np.float32), place)[place]
    return float(np.nextafter(best_refused, np.float32(np.inf)))
