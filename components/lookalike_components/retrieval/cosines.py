"""The cosines of pairs of pictures: of one label, and of different labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.retrieval.neighbours import Vectors

Codes = NDArray[np.int64]
Histogram = NDArray[np.int64]
MOST_PICTURES = 2_000
"""Two million pairs tell a quantile well enough; all pairs of a large set would take memory without end."""
BINS = 200
TWINS = 0.9999
"""Cosine of pictures that differ by no more than rounding, or a few pixels. Under different labels they are one picture
more often than two things: a fault of the labels, above which a threshold would find nothing."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every pair of the pictures that were looked at, each pair once.

    Attributes:
        same: float32 ``[s]``, cosines of the pairs of one label.
        different: float32 ``[p]``, cosines of the pairs of different labels.
    """

    same: Vectors
    different: Vectors


@dataclass(frozen=True, slots=True)
class Curve:
    """How many pairs have which cosine, in 200 equal bins of [-1, 1].

    Attributes:
        cosine: float64 ``[200]``, the lower edge of each bin.
        same: int64 ``[200]``, pairs of one label.
        different: int64 ``[200]``, pairs of different labels.
    """

    cosine: NDArray[np.float64]
    same: Histogram
    different: Histogram


def curve(vectors: Vectors, labels: Sequence[str | None], seed: int = 0) -> Curve:
    """Counts the pairs of pictures by their cosine.

    Args:
        vectors: float32 ``[n, d]`` of unit length.
        labels: ``[n]``; pictures without a label are left out.
        seed: Chooses 2,000 pictures where there are more, the same ones as `calibrate` does.
    """
    pairs = labelled_pairs(vectors, labels, seed)
    edges = np.linspace(-1, 1, BINS + 1)
    return Curve(edges[:-1], _histogram(pairs.same), _histogram(pairs.different))


def labelled_pairs(vectors: Vectors, labels: Sequence[str | None], seed: int) -> Pairs:
    """Compares each labelled picture with each other, or 2,000 of them where there are more.

    Args:
        vectors: float32 ``[n, d]`` of unit length.
        labels: ``[n]``; pictures without a label are left out.
        seed: Chooses the 2,000.
    """
    rows = chosen_rows(labels, seed)
    codes, _ = pd.factorize(np.array(labels, dtype=object)[rows])
    one, other = np.triu_indices(len(rows), k=1)
    cosines = (vectors[rows] @ vectors[rows].T)[one, other]
    apart = codes[one] != codes[other]
    return Pairs(cosines[~apart], cosines[apart])


def chosen_rows(labels: Sequence[str | None], seed: int) -> NDArray[np.int64]:
    """The rows that are looked at, int64 in their order: those with a label, or 2,000 of them where there are more."""
    labelled = np.flatnonzero(~pd.isna(np.array(labels, dtype=object)))
    if len(labelled) <= MOST_PICTURES:
        return labelled
    return np.sort(np.random.default_rng(seed).choice(labelled, MOST_PICTURES, replace=False))


def _histogram(cosines: Vectors) -> Histogram:
    counts: Histogram = np.histogram(cosines.clip(-1, 1), bins=BINS, range=(-1, 1))[0]
    return counts.astype(np.int64)
