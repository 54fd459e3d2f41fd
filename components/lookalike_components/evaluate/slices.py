"""Groups of queries that are worth a look of their own: by what the source says of them, by size, by label."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import COLUMNS, LABEL_NOW

FEWEST_VALUES, MOST_VALUES = 2, 20
PICTURE_SIZES = {"below 256 px": 256, "256 to 511 px": 512, "512 to 1,023 px": 1024, "1,024 px and more": np.inf}
"""By the shorter side, and what lies just above each class."""
LABEL_SIZES = {"1": 2, "2 to 4": 5, "5 to 9": 10, "10 to 29": 30, "30 and more": np.inf}
"""By the pictures that can be found for a query, and what lies just above each class."""


def slices(queries: pd.DataFrame, relevant: npt.NDArray[np.int64]) -> dict[str, pd.Series]:
    """Sorts queries into groups.

    Args:
        queries: Rows of the image table.
        relevant: int64 ``[q]``, pictures that can be found for each.

    Returns:
        Text ``[q]`` by column: ``slice_<name>`` for each column that the source brought, None where a query has no
        value; ``slice_picture_size`` and ``slice_label_size``. Columns that do not have 2 to 20 values among the
        queries are left out: they group nothing.
    """
    brought = [name for name in queries.columns if name not in (*COLUMNS, LABEL_NOW)]
    texts = {f"slice_{name}": _text(queries[name]) for name in brought}
    sides = np.minimum(queries["width"], queries["height"])
    sizes = {"slice_picture_size": _binned(sides, PICTURE_SIZES), "slice_label_size": _binned(relevant, LABEL_SIZES)}
    return {name: text for name, text in (texts | sizes).items() if FEWEST_VALUES <= text.nunique() <= MOST_VALUES}


def _text(values: pd.Series) -> pd.Series:
    return values.astype(str).where(values.notna(), None).reset_index(drop=True)


def _binned(values: npt.ArrayLike, classes: dict[str, float]) -> pd.Series:
    places = np.searchsorted(np.array(list(classes.values())), np.asarray(values), side="right")
    return pd.Series(np.array(list(classes), dtype=object)[places])
