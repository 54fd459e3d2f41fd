"""One thing under two names: labels that share pictures."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_SHARED = 2
"""One picture under two labels may be a slip; two are a thing that goes by two names."""


def of_one_thing(pictures: pd.Series, one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
    """Which copies show one thing under both of their labels: the same label, or two that share two pictures or more.

    Args:
        pictures: ``[p]``, the id of the picture that a pair of copies shows.
        one: ``[p]``, the label of the one copy.
        other: ``[p]``, that of the other; a pair of labels counts in either order.

    Returns:
        bool ``[p]``.
    """
    labels = np.sort(np.stack([one.to_numpy(str), other.to_numpy(str)], axis=1), axis=1)
    pairs = pd.DataFrame({"picture": pictures.to_numpy(), "one": labels[:, 0], "other": labels[:, 1]})
    shared = pairs.groupby(["one", "other"])["picture"].transform("nunique").to_numpy()
    found: NDArray[np.bool_] = (labels[:, 0] == labels[:, 1]) | (shared >= FEWEST_SHARED)
    return found
