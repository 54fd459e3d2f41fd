import pandas as pd
import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.provenance import count_labels_seen, count_leaks
from lookalike_components.compare.verdict import decide
from lookalike_components.errors import UserError
from lookalike_components.retrieval import Interval


def verdict(low, mean, high, labels=60, leaks=0, **settings):
    gain = {"map_at_r": Interval(mean, low, high)}
    comparison = Comparison(3, 250, labels, {"map_at_r": 0.5}, {"map_at_r": 0.5 + mean}, gain)
    return decide(comparison, leaks, CompareConfig(**settings))


@pytest.mark.parametrize(
    ("low", "mean", "high", "promoted", "headline"),
    [
        (0.01, 0.1, 0.2, True, "Better, and not by chance."),
        (0.0, 0.1, 0.2, False, "Not shown to be better."),
        (0.0, 0.0, 0.0, False, "Not shown to be better."),
        (-0.1, 0.1, 0.2, False, "Not shown to be better."),
        (-0.2, -0.1, 0.1, False, "Not shown to be better."),
        (-0.2, -0.1, -0.01, False, "Worse than before."),
    ],
)
def test_the_interval_decides(low, mean, high, promoted, headline):
    decided = verdict(low, mean, high)
    assert (decided.promoted, decided.headline) == (promoted, headline)


def test_the_reason_gives_the_figures():
    assert verdict(0.012, 0.1, 0.2).reasons == [
        "MAP@R went from 0.500 to 0.600 (+0.100); the 95\N{NO-BREAK SPACE}% interval of the difference, "
        "+0.012 to +0.200, lies above 0"
    ]


def test_a_champion_that_was_to_be_beaten_is_named():
    comparison = Comparison(3, 250, 60, {"map_at_r": 0.5}, {"map_at_r": 0.6}, {"map_at_r": Interval(0.1, 0.05, 0.2)})
    decided = decide(comparison, leaks=0, config=CompareConfig(), champion="016c30abf152f897")
    assert decided.reasons[1:] == ["the encoder to beat was the champion's, 016c30abf152"]


def test_an_interval_around_zero_is_said_to_be():
    assert verdict(-0.1, 0.1, 0.2).reasons[0].endswith("\N{MINUS SIGN}0.100 to +0.200, lies on both sides of 0")


def test_a_gain_below_the_minimum_effect_is_not_enough():
    decided = verdict(0.01, 0.1, 0.2, minimum_effect=0.15)
    assert (decided.promoted, decided.headline) == (False, "Better, but not by enough.")
    assert decided.reasons[1] == "the gain of +0.100 falls short of the minimum effect of 0.150"


def test_a_gain_of_the_minimum_effect_is_enough():
    decided = verdict(0.05, 0.1, 0.2, minimum_effect=0.1)
    assert decided.promoted
    assert decided.reasons[1] == "the gain of +0.100 reaches the minimum effect of 0.100"


def test_a_leak_takes_the_ground_from_any_gain():
    decided = verdict(0.05, 0.1, 0.2, leaks=3)
    assert (decided.promoted, decided.headline) == (False, "No verdict: the test leaks.")
    assert decided.reasons[-1] == "3 test images are also among the training images; split again without them"


def test_few_labels_call_for_caution():
    assert verdict(0.05, 0.1, 0.2, labels=4).cautions == [
        "only 4 labels were tested: intervals from fewer than 10 tend to be too narrow"
    ]
    assert verdict(0.05, 0.1, 0.2, labels=10).cautions == []


def test_a_metric_that_was_not_measured_cannot_decide():
    with pytest.raises(UserError) as error:
        verdict(0.05, 0.1, 0.2, metric="ns_score")
    assert str(error.value) == "ns_score was not measured on these labels; decide by one of map_at_r"


@pytest.mark.parametrize(
    ("test_row", "leaks"),
    [
        (("same", "mug", "query"), 1),
        (("same", "mug", "index"), 1),
        (("same", "cup", "query"), 0),  # the same picture under another label is a doubt, not a leak
        (("other", "mug", "query"), 0),
        (("same", "mug", None), 0),
    ],
)
def test_a_leak_is_the_same_picture_with_the_same_label_on_both_sides(test_row, leaks):
    table = pd.DataFrame([("same", "mug", "train"), test_row], columns=["image_id", "label", "subset"])
    assert count_leaks(table) == leaks


def test_labels_on_both_sides_are_counted():
    rows = [("mug", "train"), ("mug", "query"), ("lamp", "query"), (None, "train"), (None, "query"), ("cup", "train")]
    assert count_labels_seen(pd.DataFrame(rows, columns=["label", "subset"])) == 1


def test_a_test_by_views_is_said_to_be_one():
    gain = {"map_at_r": Interval(0.1, 0.05, 0.2)}
    comparison = Comparison(3, 250, 60, {"map_at_r": 0.5}, {"map_at_r": 0.6}, gain, by_views=True)
    assert decide(comparison, leaks=0, config=CompareConfig()).cautions == [
        "the pictures have no labels: each was asked for by a part of it, turned, in another light; how well different "
        "pictures of one thing find each other was not measured"
    ]
