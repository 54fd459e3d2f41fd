"""Queries are grouped by what the source says, by their size and by how many of their label there are."""

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import COLUMNS, LABEL_NOW
from lookalike_components.evaluate.slices import slices


def queries(width=(300, 300), height=(300, 300), **columns) -> pd.DataFrame:
    rows = {name: ["text"] * len(width) for name in COLUMNS} | {"width": list(width), "height": list(height)}
    return pd.DataFrame(rows | columns)


def test_a_column_of_the_source_is_a_slice_when_it_has_2_to_20_values():
    many = 21
    table = queries(
        *[[300] * many] * 2,
        shop=["north", "south", None] * 7,
        one=["same"] * many,
        number=range(many),
        **{LABEL_NOW: ["mug", "lamp", "vase"] * 7},
    )
    found = slices(table, np.ones(many, np.int64))
    assert set(found) == {"slice_shop"}
    assert found["slice_shop"].tolist() == ["north", "south", None] * 7


def test_values_become_text():
    found = slices(queries(indoors=[True, False]), np.ones(2, np.int64))
    assert found["slice_indoors"].tolist() == ["True", "False"]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (255, 900, "below 256 px"),
        (256, 256, "256 to 511 px"),
        (4000, 512, "512 to 1,023 px"),
        (1024, 1024, "1,024 px and more"),
    ],
)
def test_the_shorter_side_decides_about_the_size(width, height, expected):
    other = 300 if expected != "256 to 511 px" else 100
    found = slices(queries([width, other], [height, other]), np.ones(2, np.int64))
    assert found["slice_picture_size"][0] == expected


def test_labels_are_grouped_by_what_there_is_to_find():
    relevant = np.array([1, 2, 4, 5, 9, 10, 29, 30, 900])
    found = slices(queries([300] * 9, [300] * 9), relevant)["slice_label_size"].tolist()
    assert found == ["1", *["2 to 4"] * 2, *["5 to 9"] * 2, *["10 to 29"] * 2, *["30 and more"] * 2]


def test_rows_are_counted_anew():
    table = queries([100, 300, 900], [300] * 3).iloc[[2, 0]]
    found = slices(table, np.array([1, 1]))["slice_picture_size"]
    assert dict(found) == {0: "256 to 511 px", 1: "below 256 px"}
