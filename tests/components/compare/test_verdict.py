import pandas as pd
import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.false_matches import FalseMatches
from lookalike_components.compare.provenance import count_labels_seen
from lookalike_components.compare.suspects import Leaks, copied_images
from lookalike_components.compare.verdict import decide
from lookalike_components.retrieval import Interval, Slice

CONFIG = CompareConfig()
NO_LEAKS = Leaks()
LOST = Slice("shelf", "top", 80, 20, Interval(-0.2, -0.3, -0.1), p_value=0.001)


def verdict(low, mean, high, labels=60, leaks=NO_LEAKS, config=CONFIG, **found):
    gain = {"map_at_r": Interval(mean, low, high)}
    comparison = Comparison(3, 250, labels, {"map_at_r": 0.5}, {"map_at_r": 0.5 + mean}, gain, **found)
    return decide(comparison, leaks, config)


@pytest.mark.parametrize(
    ("low", "mean", "high", "promoted", "headline"),
    [
        (0.01, 0.1, 0.2, True, "Better, and not by chance."),
        (0.0, 0.1, 0.2, False, "No difference shown."),
        (0.0, 0.0, 0.0, False, "No difference shown."),
        (-0.1, 0.1, 0.2, False, "No difference shown."),
        (-0.2, -0.1, 0.1, False, "No difference shown."),
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
    decided = decide(comparison, NO_LEAKS, CompareConfig(), champion="016c30abf152f897")
    assert decided.reasons[1:] == ["the encoder to beat was the champion's, 016c30abf152"]


def test_where_every_query_is_answered_equally_well_there_is_no_difference():
    assert verdict(0.0, 0.0, 0.0, ties=250).headline == "No difference."


def test_with_too_few_labels_there_is_no_verdict():
    decided = verdict(0.05, 0.1, 0.2, labels=5)
    assert (decided.promoted, decided.headline) == (False, "No verdict: too few labels.")
    assert verdict(0.05, 0.1, 0.2, labels=6).promoted


def test_a_loss_in_a_slice_takes_the_release_from_a_gain():
    decided = verdict(0.05, 0.1, 0.2, slices=[LOST])
    assert (decided.promoted, decided.headline) == (False, "Better on the whole, but worse in part.")
    assert decided.reasons[1:] == ["of 1 slice, 1 got surely worse: shelf = top (\N{MINUS SIGN}0.200)"]


def test_more_false_matches_take_the_release_from_a_gain():
    decided = verdict(0.05, 0.1, 0.2, false_matches=FalseMatches(1e-4, 3e-4, Interval(3, 1.5, 4)))
    assert (decided.promoted, decided.headline) == (False, "Better at finding, but worse at telling apart.")
    assert "do now, surely more: 3 times as many" in decided.reasons[1]


def test_rules_that_could_not_be_judged_stop_nothing():
    decided = verdict(0.05, 0.1, 0.2)
    assert decided.promoted
    assert [(rule.name, rule.passed) for rule in decided.rules] == [
        ("gain", True),
        ("effect", None),
        ("slices", None),
        ("leaks", True),
        ("false_matches", None),
    ]


def test_a_gain_below_the_minimum_effect_is_not_enough():
    decided = verdict(0.01, 0.1, 0.2, config=CompareConfig(minimum_effect=0.15))
    assert (decided.promoted, decided.headline) == (False, "Better, but not by enough.")
    assert decided.reasons[1] == "the gain of +0.100 falls short of the minimum effect of 0.150"


def test_a_gain_of_the_minimum_effect_is_enough():
    decided = verdict(0.05, 0.1, 0.2, config=CompareConfig(minimum_effect=0.1))
    assert decided.promoted
    assert decided.reasons[1] == "the gain of +0.100 reaches the minimum effect of 0.100"


def test_a_leak_takes_the_ground_from_any_gain():
    decided = verdict(0.05, 0.1, 0.2, leaks=Leaks(exact=3))
    assert (decided.promoted, decided.headline) == (False, "No verdict: the test leaks.")
    assert (
        decided.reasons[-1]
        == "3 test images are also among the training images; split again without them (split.leaks=drop)"
    )


def test_few_labels_call_for_caution():
    assert verdict(0.05, 0.1, 0.2, labels=19).cautions == [
        "only 19 labels were tested: one that is unlike the others sways every figure"
    ]
    assert verdict(0.05, 0.1, 0.2, labels=20).cautions == []


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
    assert copied_images(table)["leak"].sum() == leaks


@pytest.mark.parametrize(("shared", "leaks"), [(1, [False]), (2, [True, True])])
def test_copies_under_two_labels_leak_where_these_are_two_names_of_one_thing(shared, leaks):
    """One picture may be a slip: it is a doubt."""
    pictures = ["x", "y"][:shared]
    rows = [(name, label, subset) for label, subset in (("mug", "train"), ("cup", "query")) for name in pictures]
    rows += [("z", "mug", "validation"), ("z", "lamp", "query")]
    found = copied_images(pd.DataFrame(rows, columns=["image_id", "label", "subset"]))
    assert found["leak"].tolist() == [*leaks, False]


def test_labels_on_both_sides_are_counted():
    rows = [("mug", "train"), ("mug", "query"), ("lamp", "query"), (None, "train"), (None, "query"), ("cup", "train")]
    assert count_labels_seen(pd.DataFrame(rows, columns=["label", "subset"])) == 1


def test_a_test_by_views_is_said_to_be_one():
    gain = {"map_at_r": Interval(0.1, 0.05, 0.2)}
    comparison = Comparison(3, 250, 60, {"map_at_r": 0.5}, {"map_at_r": 0.6}, gain, by_views=True)
    assert decide(comparison, NO_LEAKS, CompareConfig()).cautions == [
        "the pictures have no labels: each was asked for by a part of it, turned, in another light; how well different "
        "pictures of one thing find each other was not measured"
    ]
