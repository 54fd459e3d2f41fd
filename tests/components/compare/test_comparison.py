import json

import numpy as np
import pandas as pd
import pytest

from lookalike_components.compare.comparison import paired
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.errors import UserError

LABELS = ["mug"] * 2 + ["lamp"] * 4 + ["vase"] * 2
BEFORE = np.array([0.0, 0.5, 0.5, 0.5, 1.0, 1.0, 0.2, 0.3])
AFTER = np.array([1.0, 0.5, 0.7, 0.7, 0.5, 1.0, 0.3, 0.1 + 0.2])  # the last is 0.3 but for its last digit
CONFIG = CompareConfig(fewest_queries=2)


def evaluation(values, **columns):
    """An evaluation by one metric, as any version of `evaluate` has written it, and what newer ones add."""
    queries = pd.DataFrame({"label": LABELS, "map_at_r": values, **columns})
    return Evaluation({"k": 3, "metrics": {"map_at_r": float(np.mean(values))}}, queries, pd.DataFrame())


def test_queries_won_lost_and_tied_are_counted():
    found = paired(evaluation(BEFORE), evaluation(AFTER), CONFIG)
    assert (found.wins, found.ties, found.losses) == (4, 3, 1)


def test_swapping_the_sides_swaps_wins_and_losses():
    there, back = (
        paired(evaluation(BEFORE), evaluation(AFTER), CONFIG),
        paired(evaluation(AFTER), evaluation(BEFORE), CONFIG),
    )
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)


def test_macro_means_count_every_label_the_same():
    macro = paired(evaluation(BEFORE), evaluation(AFTER), CONFIG).macro
    assert macro["before"]["map_at_r"] == pytest.approx((0.25 + 0.75 + 0.25) / 3)
    assert macro["after"]["map_at_r"] == pytest.approx((0.75 + 0.725 + 0.3) / 3)


def test_slices_are_the_groups_of_a_column_and_those_without_a_value_are_none():
    shelf = ["top", "top", "top", "low", "low", None, "low", None]
    found = paired(evaluation(BEFORE), evaluation(AFTER, slice_shelf=shelf), CONFIG).slices
    assert [(one.column, one.value, one.queries, one.labels) for one in found] == [
        ("shelf", "low", 3, 2),
        ("shelf", "top", 3, 2),
    ]
    assert found[1].difference.mean == pytest.approx((1.0 + 0.0 + 0.2) / 3)


@pytest.mark.parametrize("settings", [{"slices": False}, {"fewest_queries": 4}])
def test_slices_that_nobody_asks_for_are_not_made(settings):
    shelf = ["top", "top", "top", "low", "low", None, "low", None]
    found = paired(evaluation(BEFORE), evaluation(AFTER, slice_shelf=shelf), CompareConfig(**settings))
    assert found.slices == []


def test_false_matches_are_compared_query_by_query():
    before, after = np.full(8, 0.001), np.full(8, 0.003)
    found = paired(
        evaluation(BEFORE, false_matches=before), evaluation(AFTER, false_matches=after), CONFIG
    ).false_matches
    assert (found.before, found.after) == pytest.approx((0.001, 0.003))
    assert (found.difference.low, found.difference.high) == pytest.approx((0.002, 0.002))
    assert found.least == found.difference  # evaluations of earlier versions know nothing of an interval


def test_how_sure_the_thresholds_are_counts_too():
    """At the ends of their intervals: the reference's where it matches most, the candidate's where least."""
    before = {"false_matches": np.full(8, 0.001), "false_matches_low": np.full(8, 0.0025)}
    after = {"false_matches": np.full(8, 0.003), "false_matches_high": np.full(8, 0.002)}
    found = paired(evaluation(BEFORE, **before), evaluation(AFTER, **after), CONFIG).false_matches
    assert found.difference.mean == pytest.approx(0.002)
    assert (found.least.low, found.least.high) == pytest.approx((-0.0005, -0.0005))


@pytest.mark.parametrize("side", [0, 1])
def test_an_encoder_without_a_threshold_leaves_false_matches_open(side):
    shares = [np.zeros(8), np.zeros(8)]
    shares[side] = np.full(8, np.nan)
    before, after = (evaluation(BEFORE, false_matches=share) for share in shares)
    assert paired(before, after, CONFIG).false_matches is None


def test_evaluations_of_earlier_versions_are_compared_as_far_as_they_go():
    found = paired(evaluation(BEFORE), evaluation(AFTER, slice_shelf=["top"] * 8, false_matches=np.zeros(8)), CONFIG)
    assert found.false_matches is None
    found = paired(evaluation(BEFORE), evaluation(AFTER), CONFIG)
    assert (found.slices, found.false_matches) == ([], None)


def test_a_metric_that_was_not_measured_cannot_decide():
    with pytest.raises(UserError) as error:
        paired(evaluation(BEFORE), evaluation(AFTER), CompareConfig(metric="ns_score"))
    assert str(error.value) == "ns_score was not measured on these labels; decide by one of map_at_r"


def test_what_is_written_is_json():
    found = paired(evaluation(BEFORE), evaluation(AFTER, slice_shelf=["top"] * 8), CONFIG)
    assert json.loads(json.dumps(found.as_json()))["slices"][0]["difference"]["mean"] == found.slices[0].difference.mean
