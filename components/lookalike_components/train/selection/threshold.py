"""Above which cosine two pictures count as the same thing, told from the pictures of the validation labels."""

from math import ceil

import numpy as np
import numpy.typing as npt

MOST_PICTURES = 2_000
"""Two million pairs tell a quantile well enough; all pairs of a large set would take memory without end."""


def threshold_for(
    vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], false_matches: float, seed: int
) -> float | None:
    """The lowest cosine above which at most this share of the pairs of different labels lies.

    Args:
        vectors: float32 ``[n, d]`` of unit length.
        labels: int64 ``[n]``.
        false_matches: Share of the pairs of different labels that may be taken for matches, above 0.
        seed: Chooses 2,000 pictures where there are more.

    Returns:
        The cosine; None where there are too few pairs for one of them to be that share.
    """
    if len(labels) > MOST_PICTURES:
        chosen = np.random.default_rng(seed).choice(len(labels), MOST_PICTURES, replace=False)
        vectors, labels = vectors[chosen], labels[chosen]
    above_the_diagonal = np.triu(labels[:, None] != labels[None, :], 1)
    cosines = (vectors @ vectors.T)[above_the_diagonal]
    if len(cosines) < ceil(1 / false_matches):
        return None
    return float(np.quantile(cosines, 1 - false_matches, method="higher"))
