import re

import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.markdown import markdown
from lookalike_components.compare.suspects import Leaks
from lookalike_components.compare.verdict import decide
from lookalike_components.retrieval import Interval, Slice


def written(value="top", leaks=0, champion="016c30abf152f897"):
    worse = Slice("shelf", value, 80, 20, Interval(-0.2, -0.3, -0.1), p_value=0.001)
    difference = {"map_at_r": Interval(0.1, 0.05, 0.2), "recall_at_1": Interval(-0.01, -0.02, 0.03)}
    before, after = {"map_at_r": 0.5, "recall_at_1": 0.8}, {"map_at_r": 0.6, "recall_at_1": 0.79}
    found = Comparison(3, 250, 60, before, after, difference, wins=150, ties=60, losses=40, slices=[worse])
    return markdown(decide(found, Leaks(leaks), CompareConfig(), champion), found)


def test_the_decision_comes_first_and_counts_the_queries():
    assert written().splitlines()[:3] == [
        "# Better on the whole, but worse in part.",
        "",
        "**Refused**, over 250 queries of 60 labels; by MAP@R, 150 were won, 40 lost, 60 tied.",
    ]


def test_every_rule_has_its_row_with_its_outcome():
    cells = [[cell.strip() for cell in line.split("|")[1:3]] for line in written(leaks=1).splitlines()[4:11]]
    assert cells[2:] == [
        ["Surely better", "✓ yes"],
        ["By enough", "· not judged"],
        ["Nowhere surely worse", "✗ no"],
        ["No leak", "✗ no"],
        ["No more false matches", "· not judged"],
    ]


def test_what_no_rule_says_stands_below_and_what_one_says_is_said_once():
    text = written(leaks=1)
    assert "- the encoder to beat was the champion's, 016c30abf152." in text.splitlines()
    assert text.count("split again without it") == 1


def test_columns_line_up_in_a_terminal():
    tables = [block.splitlines() for block in written().split("\n\n") if block.startswith("|")]
    assert len(tables) == 2
    for lines in tables:
        bars = [[place.start() for place in re.finditer(r"\|", line)] for line in lines]
        assert len({tuple(places[:3]) for places in bars}) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a|b", r"shelf = a\|b ("), ("<script>", "shelf = &lt;script> ("), ("two\nlines", "shelf = two lines (")],
)
def test_values_of_slices_are_text_and_never_markup(value, shown):
    assert shown in written(value)
