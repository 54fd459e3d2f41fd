from dataclasses import replace

import pytest

from lookalike_components.compare.report.robustness import heat_map
from lookalike_components.compare.report.table import MOST_SLICES, slice_rows
from lookalike_components.compare.report.tables import tables
from lookalike_components.retrieval import Interval, Slice


def without(findings, name):
    return replace(findings, reference=replace(findings.reference, facts={**findings.reference.facts, name: None}))


def rows_of(findings, title):
    (table,) = (table for table in tables(findings) if table.title == title)
    return table.rows


def test_everything_that_was_measured_has_its_table(findings):
    assert [table.title for table in tables(findings)] == [
        "Counted otherwise",
        "A growing index",
        "What was forgotten",
        "The space of vectors",
        "Cost",
    ]


def test_every_row_fills_its_table(findings):
    assert [row for table in tables(findings) for row in table.rows if len(row) != len(table.head)] == []


@pytest.mark.parametrize(
    ("section", "title"),
    [
        ("distractors", "A growing index"),
        ("forgetting", "What was forgotten"),
        ("space", "The space of vectors"),
    ],
)
def test_what_one_side_lacks_is_left_out(findings, section, title):
    assert title not in [table.title for table in tables(without(findings, section))]


def test_growth_is_shown_for_each_size_of_the_index(findings):
    assert rows_of(findings, "A growing index") == [
        ["48 pictures", "0.500", "0.800", "0.400", "0.700"],
        ["96 pictures", "0.500", "0.800", "0.400", "0.700"],
    ]


def test_the_space_is_told_with_its_units(findings):
    percent = "12.5\N{NO-BREAK SPACE}%"
    assert [row[1] for row in rows_of(findings, "The space of vectors")] == ["12.3 of 64", "1.50", "9 times", percent]


def test_the_cost_of_training_is_what_its_history_adds_up_to(findings):
    paced = [{"epoch": epoch, "loss": 1, "seconds": 2.0, "images_per_second": 40.0} for epoch in (1, 2)]
    trial = {**paced[0], "trial": 0}
    rows = rows_of(replace(findings, history=[{"epoch": 0, "seconds": 0.0}, trial, *paced]), "Cost")
    assert rows[-2:] == [
        ["seconds of training", "\N{EN DASH}", "4.0"],
        ["pictures trained on, counted each time", "\N{EN DASH}", "160"],
    ]


def test_folders_of_an_earlier_version_have_hardly_a_table(old_findings):
    assert {table.title for table in tables(old_findings)} <= {"Counted otherwise"}


def test_the_heat_map_has_a_line_a_corruption_and_a_cell_a_severity(findings):
    heat = heat_map(findings)
    assert [line.corruption for line in heat.lines][:2] == ["blur", "jpeg"]
    assert [len(cells) for line in heat.lines for cells in (line.before, line.after, line.difference)] == [3] * 24
    assert heat.untouched == (0.5, 0.8)


def test_a_difference_is_coloured_by_its_share_of_the_largest(findings):
    first, second, _ = heat_map(findings).lines[0].difference
    assert (first.value, first.strength) == (pytest.approx(0.3), 1)
    assert (second.value, second.strength) == (pytest.approx(0.15), pytest.approx(0.5))


def test_encoders_tried_on_different_queries_have_no_heat_map(findings):
    facts = {**findings.reference.facts, "robustness": {**findings.reference.facts["robustness"], "queries": 10}}
    assert heat_map(replace(findings, reference=replace(findings.reference, facts=facts))) is None


def test_of_many_slices_those_that_gained_least_are_shown_in_their_order():
    slices = [Slice("shelf", f"{n:02}", 40, 9, Interval(n % 7, -1, 9), 0.5) for n in range(MOST_SLICES + 30)]
    shown = [row.slice for row in slice_rows(slices)]
    assert len(shown) == MOST_SLICES
    assert shown == [part for part in slices if part in shown]
    assert max(part.difference.mean for part in shown) <= min(
        part.difference.mean for part in slices if part not in shown
    )


def test_without_a_slice_there_is_no_row():
    assert slice_rows([]) == []
