import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lookalike_components.compare.comparison import paired
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.errors import UserError
from lookalike_components.retrieval import paired_differences

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


def surely(share, **facts):
    """The facts and the table of a threshold that no choice of validation labels would change."""
    return {"threshold": {"supported": True, "recall": 0.5} | facts}, pd.DataFrame({"false_matches": [share] * 50})


def false_matches(before, after, thresholds=None):
    """Compares two shares, or columns of them, of 1,000 pictures of other things each."""
    shares = (before, after)
    sides = []
    for values, share, (facts, table) in zip(
        (BEFORE, AFTER), shares, thresholds or [surely(np.mean(share)) for share in shares], strict=True
    ):
        side = evaluation(values, false_matches=np.broadcast_to(share, 8))
        side.facts.update(facts)
        sides.append(replace(side, index=pd.DataFrame(index=range(1000)), thresholds=table))
    return paired(*sides, CONFIG).false_matches


def test_false_matches_are_compared_query_by_query():
    found = false_matches(0.001, 0.003)
    assert (found.before, found.after) == pytest.approx((0.001, 0.003))
    assert (found.growth.low, found.growth.mean, found.growth.high) == pytest.approx([3.0625 / 1.0625] * 3)


def test_without_any_false_match_before_the_growth_is_a_number_all_the_same():
    found = false_matches(0.0, 0.001)
    assert (found.before, found.growth.mean) == (0, pytest.approx(1.0625 / 0.0625))


def test_with_thresholds_that_are_sure_more_is_what_lies_above_in_all_but_a_few_halves_of_the_labels():
    """The logarithm of a growth is above 0 where the difference is."""
    random = np.random.default_rng(0)
    for _ in range(20):
        before, after = random.poisson(2, size=(2, 8)) / 1000
        low = paired_differences({"": before}, {"": after}, LABELS)[""].low
        assert (false_matches(before, after).growth.low > 1 + 1e-9) == (low > 1e-12)


def unsure(shares):
    return surely(0)[0], pd.DataFrame({"false_matches": shares})


def test_how_sure_the_thresholds_are_widens_the_interval():
    shares = 0.003 * np.exp(np.random.default_rng(1).normal(0, 0.7, 2000))
    found = false_matches(0.001, 0.003, [surely(0.001), unsure(shares)])
    assert np.log(found.growth.high / found.growth.low) == pytest.approx(2 * 1.96 * 0.7, rel=0.1)
    assert found.growth.low < 1 < false_matches(0.001, 0.003).growth.low


def test_what_moves_both_thresholds_alike_says_nothing_of_either_encoder():
    shares = 0.001 * np.exp(np.random.default_rng(1).normal(0, 0.7, 2000))
    assert false_matches(0.001, 0.003, [unsure(shares), unsure(3 * shares)]).growth.low > 2.5


@pytest.mark.parametrize(
    ("share", "threshold", "sentence"),
    [
        (np.nan, surely(0), "the candidate has no calibrated threshold"),
        ([0, 0, 0, np.nan, 0, 0, 0, 0], surely(0), "for 1 of 8 queries the index holds no picture of another thing"),
        (
            *(0, surely(0, recall=0.0)),
            "the threshold of the candidate answers nothing: no validation pair of one thing reaches it",
        ),
        (
            *(0, surely(0, supported=False)),
            "the validation pictures or their labels are too few to set the threshold of the candidate",
        ),
        (
            *(0, (surely(0)[0], None)),
            "the evaluation of the candidate is of an earlier version and does not tell how sure its threshold is",
        ),
    ],
)
def test_where_false_matches_cannot_be_compared_the_sentence_says_why(share, threshold, sentence):
    assert false_matches(0, share, [surely(0), threshold]) == sentence


def test_evaluations_of_earlier_versions_are_compared_as_far_as_they_go():
    found = paired(evaluation(BEFORE), evaluation(AFTER), CONFIG)
    assert (found.slices, found.false_matches) == ([], "the reference has no calibrated threshold")


def test_a_metric_that_was_not_measured_cannot_decide():
    with pytest.raises(UserError) as error:
        paired(evaluation(BEFORE), evaluation(AFTER), CompareConfig(metric="ns_score"))
    assert str(error.value) == "ns_score was not measured on these labels; decide by one of map_at_r"


def test_what_is_written_is_json():
    found = paired(evaluation(BEFORE), evaluation(AFTER, slice_shelf=["top"] * 8), CONFIG)
    assert json.loads(json.dumps(found.as_json()))["slices"][0]["difference"]["mean"] == found.slices[0].difference.mean
