"""Whether the validation labels tell one encoder from another, or only vary from label to label.

Source: Breiman, Friedman, Olshen and Stone, Classification and Regression Trees (1984), section 3.4.3: of those within
one standard error of the best, the one that is to be preferred for other reasons.
"""

from collections.abc import Sequence

import numpy as np

FEWEST_LABELS = 2


def falls_behind(scores: Sequence[float], others: Sequence[float]) -> bool:
    """Whether scores are below others by more than the standard error of the mean difference.

    Args:
        scores: Of one encoder, by label.
        others: Of another encoder, of the same labels in the same order; without any, or with too few to have a
            standard error, nothing falls behind.
    """
    if len(others) < FEWEST_LABELS:
        return False
    differences = np.subtract(others, scores)
    return bool(differences.mean() > differences.std(ddof=1) / np.sqrt(len(differences)))
