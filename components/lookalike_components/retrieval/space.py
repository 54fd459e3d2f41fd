"""What a space of vectors looks like: how many directions it uses, and whether a few pictures answer everything."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import UserError
from lookalike_components.retrieval.neighbours import Positions, Vectors

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Hubness:
    """How unevenly the pictures of an index are found.

    Attributes:
        skewness: Of the number of times that each picture is found: 0 where all are found alike, above 1 where a few
            pictures (hubs) answer many queries.
        most: How often the most often found picture is found.
        orphans: Share of the pictures that no query finds, in [0, 1].
    """

    skewness: float
    most: int
    orphans: float


def effective_dimension(vectors: Vectors) -> float:
    """Counts the directions in which vectors vary: the participation ratio of their covariance's eigenvalues.

    ``(sum of eigenvalues)^2 / (sum of their squares)``: d where the vectors vary alike in d directions, 1 where they
    lie on a line. Both sums are read off the covariance itself, as its trace and the sum of its squared entries.
    Source: Gao et al., A theory of multineuronal dimensionality, dynamics and measurement (bioRxiv 214262, 2017).

    Args:
        vectors: float32 ``[n, d]``, n of 1 or more.

    Returns:
        From 1 to the smaller of d and n - 1; 0 where the vectors do not vary at all.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        centred = vectors[start : start + ROWS_AT_ONCE] - mean
        covariance += centred.T @ centred
    squares = float((covariance**2).sum())
    return float(np.trace(covariance) ** 2 / squares) if squares else 0.0


def hubness(positions: Positions, index_size: int) -> Hubness:
    """Tells how often each picture of an index was found.

    Source: Radovanović, Nanopoulos and Ivanović, Hubs in space: popular nearest neighbors in high-dimensional data
    (Journal of Machine Learning Research 11, 2010), there the skewness of the k-occurrence N_k.

    Args:
        positions: int64 ``[q, k]``, the rows of the index that each query found.
        index_size: Pictures in the index, 1 or more.

    Raises:
        UserError: The index is empty.
    """
    if index_size < 1:
        raise UserError("hubness needs an index of 1 picture or more, got none; put pictures into the index")
    found: NDArray[np.int64] = np.bincount(positions.ravel(), minlength=index_size)
    spread = found.std()
    skewness = float((((found - found.mean()) / spread) ** 3).mean()) if spread else 0.0
    return Hubness(skewness, int(found.max()), float((found == 0).mean()))
