import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.compare.report.chart import HEIGHT, WIDTH, panel, round_ticks, training_panels

values = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(values)
def test_every_point_lies_on_the_canvas(numbers):
    points = panel("loss", range(len(numbers)), {"loss": numbers}).lines[0].points
    assert [p for p in points if not (0 <= p[0] <= WIDTH and 0 <= p[1] <= HEIGHT)] == []


@given(st.floats(-100, 100), st.floats(1e-3, 1e3))
def test_ticks_are_few_and_enclose_the_range(low, width):
    ticks = round_ticks(low, low + width)
    assert 2 <= len(ticks) <= 6
    assert ticks[0] <= low + 1e-6 * width
    assert ticks[-1] >= low + width - 1e-6 * width


def test_ticks_are_round_numbers():
    assert round_ticks(0.31, 0.58) == [0.3, 0.4, 0.5, 0.6]


def test_more_is_higher():
    (_, low), (_, high) = panel("loss", [0, 1], {"loss": [0.1, 0.9]}).lines[0].points
    assert high < low


def test_the_names_of_lines_that_end_together_do_not_cover_each_other():
    ends = [line.label_y for line in panel("both", [0, 1], {"a": [0, 0.5], "b": [0, 0.5]}).lines]
    assert ends[1] - ends[0] >= 30


def test_many_epochs_name_only_some():
    ticks = panel("loss", range(20), {"loss": [0.5] * 20}).across
    assert [tick.text for tick in ticks] == ["0", "3", "6", "9", "12", "15", "18"]


def test_a_history_gives_a_curve_of_the_metrics_and_one_of_the_loss():
    history = [
        {"epoch": 0, "loss": None, "validation": {"map_at_r": 0.3}},
        {"epoch": 1, "loss": 0.8, "validation": {"map_at_r": 0.5}},
    ]
    metrics, loss = training_panels(history, {"map_at_r": "MAP@R"})
    assert (metrics.lines[0].name, metrics.lines[0].values) == ("MAP@R", [0.3, 0.5])
    assert loss.lines[0].values == [0.8]


def test_trials_and_what_was_kept_are_no_part_of_the_curve():
    row = {"epoch": 0.5, "loss": 0.8, "validation": {"map_at_r": 0.5}}
    history = [
        {"epoch": 0, "loss": None, "validation": {"map_at_r": 0.3}},
        row | {"trial": 0, "loss": 0.1},
        row,
        row | {"epoch": 1.25, "loss": 0.4},
        row | {"kept": 3, "share": 0.7},
    ]
    metrics, loss = training_panels(history, {"map_at_r": "MAP@R"})
    assert metrics.lines[0].values == [0.3, 0.5, 0.5]
    assert loss.lines[0].values == [0.8, 0.4]
    assert [tick.text for tick in metrics.across] == ["0", "0.5", "1.25"]


@pytest.mark.parametrize("history", [[], [{"epoch": 0, "loss": None, "validation": {}}]])
def test_a_history_without_figures_gives_no_curve(history):
    assert training_panels(history, {"map_at_r": "MAP@R"}) == []
