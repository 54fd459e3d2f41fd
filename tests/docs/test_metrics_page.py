import re
from pathlib import Path

import numpy as np
import pytest

from lookalike_components.retrieval import per_query

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
TABLE = re.search(r"<!-- checked by [^\n]*-->\n(.*?)<!-- end -->", PAGE, re.DOTALL)[1].splitlines()
HEADER, _, *ROWS = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in TABLE]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_examples_on_the_page_are_what_the_code_computes(row):
    relevance = np.array([row[0].split()]) == "1"
    values = per_query(relevance, np.array([3]), k=3)
    assert row[1:] == [f"{values[name][0]:.3f}" for name in HEADER[1:]]


def test_every_metric_has_its_definition_on_the_page():
    names = per_query(np.ones((1, 3), dtype=bool), np.array([3]), k=3)
    defined = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(names) == sorted(defined)
