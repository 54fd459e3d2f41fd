import pytest

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.false_matches import FalseMatches
from lookalike_components.compare.rules import (
    effect,
    gain,
    labels_needed,
    no_leak,
    no_more_false_matches,
    no_worse_slice,
    rules,
)
from lookalike_components.compare.suspects import Leaks
from lookalike_components.retrieval import Interval, Slice

CONFIG = CompareConfig()
MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


def comparison(low=0.05, mean=0.1, high=0.2, labels=60, **found):
    difference = {"map_at_r": Interval(mean, low, high)}
    return Comparison(3, 250, labels, {"map_at_r": 0.5}, {"map_at_r": 0.5 + mean}, difference, **found)


def slice_of(value, mean, p_value):
    return Slice("shelf", value, 80, 20, Interval(mean, mean - 0.1, mean + 0.1), p_value)


def test_every_rule_is_asked_once_and_speaks():
    found = rules(comparison(), Leaks(), CONFIG)
    assert [rule.name for rule in found] == ["gain", "effect", "slices", "leaks", "false_matches"]
    assert [rule.sentence for rule in found if rule.sentence.endswith(".") or not rule.sentence] == []


def test_a_gain_tells_its_figures_in_words_and_to_machines():
    rule = gain(comparison(wins=150, ties=60, losses=40), CONFIG)
    assert rule.passed
    assert rule.sentence == (
        f"MAP@R went from 0.500 to 0.600 (+0.100); the 95{SPACE}% interval of the difference, +0.050 to +0.200, lies "
        "above 0"
    )
    assert rule.figures == {
        **{"before": 0.5, "after": 0.6, "mean": 0.1, "low": 0.05, "high": 0.2, "confidence": 0.95},
        **{"queries": 250, "labels": 60, "wins": 150, "ties": 60, "losses": 40},
    }


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.2), (0.0, 0.2), (-0.2, 0.0)])
def test_an_interval_around_zero_is_no_difference(low, high):
    rule = gain(comparison(low, 0.0, high), CONFIG)
    assert rule.passed is False
    assert "; no difference was shown: the 95" in rule.sentence


def test_a_loss_is_not_called_no_difference():
    rule = gain(comparison(-0.2, -0.1, -0.05), CONFIG)
    assert rule.passed is False
    assert rule.sentence.endswith(f"{MINUS}0.200 to {MINUS}0.050, lies below 0")
    assert "no difference" not in rule.sentence


def test_equal_answers_to_every_query_are_no_difference():
    rule = gain(comparison(0.0, 0.0, 0.0, ties=250), CONFIG)
    assert rule.passed is False
    assert rule.sentence == "no difference: MAP@R is 0.500 before and after, and the same in every single query"


def test_too_few_labels_are_not_judged_and_the_way_out_is_told():
    rule = gain(comparison(labels=4), CONFIG)
    assert rule.passed is None
    assert rule.sentence == (
        f"4 test labels cannot show a gain with 95{SPACE}% confidence: put 6 or more into the test, or ask for "
        f"87{SPACE}% (compare.confidence=0.87)"
    )
    assert gain(comparison(labels=4), CompareConfig(confidence=0.87)).passed


@pytest.mark.parametrize(("confidence", "labels"), [(0.5, 2), (0.75, 3), (0.9, 5), (0.95, 6), (0.99, 8)])
def test_more_confidence_needs_more_labels(confidence, labels):
    assert labels_needed(confidence) == labels
    assert 2.0**-labels <= (1 - confidence) / 2 < 2.0 ** (1 - labels)


@pytest.mark.parametrize(("least", "passed", "verb"), [(0.1, True, "reaches"), (0.15, False, "falls short of")])
def test_the_effect_has_to_reach_the_minimum(least, passed, verb):
    rule = effect(comparison(), CompareConfig(minimum_effect=least))
    assert (rule.passed, rule.figures) == (passed, {"mean": 0.1, "minimum_effect": least})
    assert rule.sentence == f"the gain of +0.100 {verb} the minimum effect of {least:.3f}"


def test_without_a_minimum_nothing_is_asked_of_the_effect():
    assert effect(comparison(), CONFIG).passed is None


def test_a_slice_that_got_surely_worse_is_named():
    rule = no_worse_slice(comparison(slices=[slice_of("top", -0.2, 0.001), slice_of("low", 0.1, 0.9)]), CONFIG)
    assert rule.passed is False
    assert rule.sentence == f"of 2 slices, 1 got surely worse: shelf = top ({MINUS}0.200)"
    assert rule.figures["looked_at"] == 2
    assert rule.figures["worse"][0]["difference"] == {"mean": -0.2, "low": -0.2 - 0.1, "high": -0.2 + 0.1}


def test_of_many_worse_slices_the_surest_are_named():
    worse = [slice_of(str(number), -0.2, 0.001 * (number + 1)) for number in range(5)]
    sentence = no_worse_slice(comparison(slices=worse), CONFIG).sentence
    assert sentence.startswith("of 5 slices, 5 got surely worse: shelf = 0 ")
    assert sentence.endswith(f"shelf = 2 ({MINUS}0.200) and 2 others")


def test_the_more_slices_are_looked_at_the_surer_a_loss_has_to_be():
    doubtful = slice_of("top", -0.2, 0.03)
    assert no_worse_slice(comparison(slices=[doubtful]), CONFIG).passed is False
    rule = no_worse_slice(comparison(slices=[doubtful, slice_of("low", 0.1, 0.9)]), CONFIG)
    assert rule.passed
    assert rule.sentence == f"none of 2 slices got surely worse; the least gain is shelf = top ({MINUS}0.200)"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"slices": False}, "slices were not asked for"),
        ({"fewest_queries": 50}, "there is no slice of at least 50 queries and 2 labels"),
    ],
)
def test_without_slices_the_rule_says_why_it_was_not_judged(settings, sentence):
    rule = no_worse_slice(comparison(), CompareConfig(**settings))
    assert (rule.passed, rule.sentence) == (None, sentence)


@pytest.mark.parametrize(
    ("leaks", "near", "sentence"),
    [
        (1, 0, "1 test image is also among the training images; split again without it"),
        (1, 1, "1 test image is also among the training images, nearly the same; split again without it"),
        (3, 0, "3 test images are also among the training images; split again without them"),
        (3, 2, "3 test images are also among the training images, 2 of them nearly the same; split again without them"),
        (
            3,
            3,
            "3 test images are also among the training images, all of them nearly the same; split again without them",
        ),
    ],
)
def test_a_leak_is_counted(leaks, near, sentence):
    rule = no_leak(Leaks(leaks - near, near))
    figures = {"images": leaks, "near": near, "doubts": 0}
    assert (rule.passed, rule.sentence, rule.figures) == (False, f"{sentence} (split.leaks=drop)", figures)


def test_where_nothing_leaks_the_sentence_says_what_was_looked_for():
    looked_for = (
        "no test image is among the training images under its label, byte for byte or, as far as split looked, nearly "
        "the same, nor byte for byte under a label that shares two pictures with its own"
    )
    assert (no_leak(Leaks()).passed, no_leak(Leaks()).sentence) == (True, looked_for)
    doubted = no_leak(Leaks(doubts=2))
    assert doubted.passed
    assert doubted.sentence == f"{looked_for}; 2 are there under another label, which is a doubt and no leak"


@pytest.mark.parametrize(
    ("low", "passed", "how"), [(0.91, True, "not surely"), (1.0, True, "not surely"), (1.1, False, "surely")]
)
def test_false_matches_are_told_of_a_million_and_how_many_times_as_many_they_are(low, passed, how):
    found = FalseMatches(12e-6, 15.4e-6, Interval(1.28, low, 12.3))
    rule = no_more_false_matches(comparison(false_matches=found), CONFIG)
    assert rule.passed is passed
    assert rule.sentence == (
        "at each encoder's own threshold, 12 of a million pairs of different things matched before and 15 do now, "
        f"{how} more: 1.3 times as many, or with 95{SPACE}% confidence {low:g} to 12 times"
    )


def test_what_cannot_be_compared_decides_nothing_and_says_why():
    rule = no_more_false_matches(comparison(false_matches="the candidate has no calibrated threshold"), CONFIG)
    assert (rule.passed, rule.sentence) == (None, "the candidate has no calibrated threshold")


def test_without_a_threshold_false_matches_are_not_judged():
    rule = no_more_false_matches(comparison(), CONFIG)
    assert (rule.passed, rule.sentence) == (None, "there is no calibrated threshold for both encoders")
