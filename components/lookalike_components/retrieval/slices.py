"""Groups of queries looked at one by one, so that a gain on the whole cannot hide a loss on a part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.retrieval.bootstrap import Interval, Resampling, intervals, probability_of_a_loss
from lookalike_components.retrieval.metrics import Values

FEWEST_QUERIES = 30


@dataclass(frozen=True, slots=True)
class Slice:
    """The queries that share one value of a column, before and after.

    Attributes:
        column: What the queries were grouped by.
        value: What those of this slice have there.
        queries: How many there are.
        labels: How many labels they have.
        difference: Mean of ``after - before`` over the slice, with its interval.
        p_value: How probable a mean as low or lower is where the two differ by chance alone, in (0, 1].
    """

    column: str
    value: str
    queries: int
    labels: int
    difference: Interval
    p_value: float


def slice_differences(
    before: Values,
    after: Values,
    labels: Sequence[str],
    columns: Mapping[str, Sequence[str | None]],
    resampling: Resampling,
    fewest: int = FEWEST_QUERIES,
) -> list[Slice]:
    """Compares before and after within each value of each column.

    Args:
        before: float64 ``[q]``, one metric.
        after: float64 ``[q]``, the same metric for the same queries.
        labels: ``[q]``, the label of each query.
        columns: ``[q]`` by the column's name; a query without a value is in no slice of that column.
        resampling: Confidence, resamples and seed.
        fewest: Slices of fewer queries are left out; so are those of one label, which say nothing about another.

    Returns:
        Slices in the order of the columns, then of their values.
    """
    names, difference = np.asarray(labels, dtype=str), after - before
    return [
        _slice(column, value, difference[rows], names[rows], resampling)
        for column, value, rows in _groups(columns)
        if len(rows) >= fewest and len(set(names[rows])) > 1
    ]


def significantly_worse(slices: Sequence[Slice], alpha: float) -> list[Slice]:
    """The slices on which after is worse than before, where many were looked at.

    The more slices one looks at, the surer one of them looks worse by chance. Holm's step-down procedure keeps the
    probability of any such mistake at or below ``alpha``, however the slices depend on each other: the smallest of m
    p-values has to be at most ``alpha / m``, the next ``alpha / (m - 1)``, and so on until one is not. Source: Holm, A
    simple sequentially rejective multiple test procedure (Scandinavian Journal of Statistics 6, 1979).

    Args:
        slices: Every slice that was looked at, the good ones too.
        alpha: Probability of calling any slice worse where none is, in (0, 1).

    Returns:
        Those that are worse, the smallest p-value first.
    """
    worse: list[Slice] = []
    for looked_at in sorted(slices, key=lambda one: one.p_value):
        if looked_at.p_value > alpha / (len(slices) - len(worse)):
            break
        worse.append(looked_at)
    return worse


def _groups(columns: Mapping[str, Sequence[str | None]]) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """Column, value, and the rows that have it."""
    for column, values in columns.items():
        codes, found = pd.factorize(np.array(values, dtype=object), sort=True)
        for code, value in enumerate(found):
            yield column, str(value), np.flatnonzero(codes == code)


def _slice(column: str, value: str, difference: Values, labels: NDArray[np.str_], resampling: Resampling) -> Slice:
    names = labels.tolist()
    return Slice(
        column,
        value,
        queries=len(names),
        labels=len(set(names)),
        difference=intervals({"difference": difference}, names, resampling)["difference"],
        p_value=probability_of_a_loss(difference, names, resampling),
    )
