"""Columns to filter by: every value is a small number, so that a filter looks at integers."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.serve.collection.changes import Value

MISSING = -1
_Key = str | float | tuple[str, bool]
Mask = npt.NDArray[np.bool_]


class Column:
    """One column that can grow. One thread writes; any number read what was there when they began."""

    def __init__(self, rows: int = 0) -> None:
        """Begins with ``rows`` rows that have no value."""
        self._codes = np.full(rows, MISSING, np.int32)
        self._rows = rows
        self._known: dict[_Key, int] = {}

    @classmethod
    def of(cls, values: pd.Series) -> Self:
        """A column of a table.

        Raises:
            TypeError: Its values cannot be told apart, such as lists.
        """
        codes, distinct = pd.factorize(values)
        column = cls()
        renumbered = [column._code(value) for value in distinct.tolist()]
        column._codes = np.array([*renumbered, MISSING], np.int32)[codes]  # pandas says -1 too: the last one
        column._rows = len(codes)
        return column

    def extend(self, values: Sequence[Value]) -> None:
        """Appends rows."""
        end = self._rows + len(values)
        if end > len(self._codes):
            self._codes = np.concatenate([self._codes[: self._rows], np.full(end, MISSING, np.int32)])
        self._codes[self._rows : end] = [self._code(value) for value in values]
        self._rows = end

    def holds(self, values: Iterable[Value], rows: int) -> Mask:
        """Which of the first ``rows`` rows have one of ``values``."""
        codes = {self._known.get(key, None) if (key := _key(value)) != "" else MISSING for value in values}
        wanted = np.array([code for code in codes if code is not None], np.int32)
        return np.isin(self._codes[:rows], wanted)

    def counts(self, allowed: Mask) -> dict[_Key, int]:
        """How many of the allowed rows have each value; rows without one are not counted."""
        codes = self._codes[: len(allowed)][allowed]
        numbers = np.bincount(codes[codes != MISSING], minlength=len(self._known))
        return {key: int(numbers[code]) for key, code in self._known.copy().items() if code < len(numbers)}

    def _code(self, value: Value) -> int:
        key = _key(value)
        return MISSING if key == "" else self._known.setdefault(key, len(self._known))


def _key(value: object) -> _Key:
    """What two equal values share: 3 and 3.0 are one, 1 and true are not, and no value is the empty text."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "bool", bool(value)
    return value if isinstance(value, str | int | float) else str(value)
