"""What an evaluation keeps beside its figures: the vectors of some test images, and how pairs and thresholds lie."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.storage.parquet import read_parquet

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """Test images with the vectors that one encoder gives them.

    Attributes:
        pictures: One row an image: where it lies and what it shows.
        vectors: float32 [len(pictures), d], of length 1.
    """

    pictures: pd.DataFrame
    vectors: Vectors


def read_sample(folder: str | Path) -> Sample | None:
    """The sample in the folder of an evaluation; None where there is none."""
    pictures, vectors = Path(folder, "sample.parquet"), Path(folder, "sample.npy")
    if not (pictures.is_file() and vectors.is_file()):
        return None
    return Sample(read_parquet(pictures), np.load(vectors, allow_pickle=False))


def read_curve(folder: str | Path) -> pd.DataFrame | None:
    """Counts of pairs by cosine from the folder of an evaluation; None where there are none.

    Returns:
        ``cosine`` (a bin's lower edge), and int64 counts ``validation_same``, ``validation_different``, ``test_same``
        and ``test_different``.
    """
    path = Path(folder, "curve.parquet")
    return read_parquet(path) if path.is_file() else None


def read_thresholds(folder: str | Path) -> pd.DataFrame | None:
    """How the threshold comes out by other validation labels, from the folder of an evaluation; None where unknown.

    Returns:
        A row for each choice of labels: ``threshold`` and ``false_matches``, the mean share over the queries.
    """
    path = Path(folder, "thresholds.parquet")
    return read_parquet(path) if path.is_file() else None
