"""What hangs together: connected components over pairs."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Name = TypeVar("Name", bound=Hashable)


def linked(pairs: Iterable[tuple[Name, Name]]) -> dict[Name, Name]:
    """Gives everything that occurs in a pair the name of one member of its connected component.

    Union by following links, halving the path on the way; the members of a component share the name of one of them.
    """
    link: dict[Name, Name] = {}

    def end(name: Name) -> Name:
        link.setdefault(name, name)
        while link[name] != name:
            link[name] = link[link[name]]
            name = link[name]
        return name

    for first, second in pairs:
        link[end(second)] = end(first)
    return {name: end(name) for name in list(link)}


def groups(pairs: pd.DataFrame, rows: int) -> NDArray[np.int64]:
    """Numbers the groups of a table whose pairs were found by `find_duplicates`.

    Args:
        pairs: Has the columns ``first`` and ``second``.
        rows: Of the table.

    Returns:
        int64 ``[rows]``: the lowest row of the group that each row belongs to; itself where it is alone.
    """
    members = linked(zip(pairs["first"].tolist(), pairs["second"].tolist(), strict=True))
    grouped = pd.Series(members, dtype=np.int64).sort_index()
    lowest = grouped.index.to_series().groupby(grouped.to_numpy()).transform("min")
    numbers = np.arange(rows)
    numbers[grouped.index] = lowest
    return numbers
