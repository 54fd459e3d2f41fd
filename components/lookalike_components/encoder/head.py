"""How a new linear head starts: from the features of the training pictures, instead of from chance."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from lookalike_components.encoder.model import Encoder
from lookalike_components.errors import UserError

Start = Literal["whitening", "pca", "random"]
Matrix = npt.NDArray[np.float64]


def start_head(encoder: Encoder, features: npt.NDArray[np.float32], how: Start) -> None:
    """Sets the weights of an encoder's head; nothing happens where it has none, or for ``random``.

    ``pca`` keeps the cosines between pictures as nearly as that many numbers can, exactly where there are as many as
    the features vary in. ``whitening`` gives every direction of the features the same spread, so that no single one
    of them rules the cosine (Jegou and Chum, Negative evidences and co-occurences in image retrieval, ECCV 2012).

    Args:
        encoder: The encoder; its head is changed in place.
        features: float32 ``[n, d]``, what `Encoder.features` gives for training pictures.
        how: The kind of start.

    Raises:
        UserError: The head is to be longer than the features.
    """
    if how == "random" or not isinstance(encoder.head, torch.nn.Linear):
        return
    config = encoder.config
    if config.dimension > features.shape[1]:
        raise UserError(
            f"dimension is {config.dimension}, but {config.model} gives {features.shape[1]} numbers, and a head that "
            f"starts by {how} is no longer than that; lower dimension, or set head to random"
        )
    rows = features.astype(np.float64)
    mean = rows.mean(0) if how == "whitening" else np.zeros(rows.shape[1])
    projection = (_whitening if how == "whitening" else _principal)(rows - mean, config.dimension)
    with torch.no_grad():
        encoder.head.weight.copy_(torch.from_numpy(projection))
        encoder.head.bias.copy_(torch.from_numpy(-projection @ mean))


def _principal(rows: Matrix, dimension: int) -> Matrix:
    """The directions ``[dimension, d]`` of length 1 that hold most of the rows' inner products, the first most."""
    _, directions = _spread(rows.T @ rows / len(rows))
    return directions[:dimension]


def _whitening(rows: Matrix, dimension: int) -> Matrix:
    """The principal directions, each divided by the spread of the rows along it; the mean factor is 1."""
    variances, directions = _spread(_shrunk(rows.T @ rows / len(rows), len(rows)))
    factors = 1 / np.sqrt(np.maximum(variances[:dimension], np.finfo(np.float64).tiny))
    whitening: Matrix = directions[:dimension] * (factors / factors.mean())[:, None]
    return whitening


def _shrunk(covariance: Matrix, samples: int) -> Matrix:
    """A covariance drawn towards a sphere by as much as so few samples leave in doubt, so that no variance is tiny.

    The oracle approximating shrinkage of Chen, Wiesel, Eldar and Hero, Shrinkage Algorithms for MMSE Covariance
    Estimation, IEEE Transactions on Signal Processing 2010, equation 23.
    """
    size = len(covariance)
    trace, squares = np.trace(covariance), (covariance**2).sum()
    doubt = (1 - 2 / size) * squares + trace**2
    distance = (samples + 1 - 2 / size) * (squares - trace**2 / size)
    share = 1.0 if doubt >= distance else doubt / distance
    shrunk: Matrix = (1 - share) * covariance + share * trace / size * np.eye(size)
    return shrunk


def _spread(covariance: Matrix) -> tuple[Matrix, Matrix]:
    """Variances, the largest first, and their directions ``[d, d]``, whose largest number is positive."""
    variances, columns = np.linalg.eigh(covariance)
    directions = columns.T[::-1]
    largest = np.abs(directions).argmax(1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    return variances[::-1], directions * signs[:, None]
