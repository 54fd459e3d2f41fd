"""The threshold from which two pictures count as the same thing, set on the validation labels."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components import retrieval

MOST_PICTURES = 4096
"""More give eight million pairs and more: enough for a false match rate of one in a million."""


def calibrate(vectors: npt.NDArray[np.float32], table: pd.DataFrame, false_match_rate: float) -> float | None:
    """Finds the lowest cosine that lets at most this share of validation pairs of different labels pass.

    Args:
        vectors: float32 ``[n, d]`` of unit length, in the order of the table.
        table: The ``n`` images with ``label`` and ``subset``.
        false_match_rate: Share of pairs, 0 or more and below 1.

    Returns:
        The threshold; None when the validation labels make no such pair.
    """
    rows = np.flatnonzero((table["subset"] == "validation") & table["label"].notna())
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_PICTURES)).astype(int)]
    labels, _ = pd.factorize(table["label"].iloc[rows])
    first, second = np.triu_indices(len(rows), k=1)
    different = labels[first] != labels[second]
    if not different.any():
        return None
    cosines = vectors[rows] @ vectors[rows].T
    return retrieval.threshold_at(false_match_rate, cosines[first[different], second[different]])
