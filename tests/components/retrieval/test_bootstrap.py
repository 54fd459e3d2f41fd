from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lookalike_components.errors import UserError
from lookalike_components.retrieval import Interval, Resampling, intervals, paired_differences

values = st.lists(st.floats(0, 1), min_size=6, max_size=6).map(np.array)
LABELS = ["mug", "mug", "lamp", "lamp", "vase", "vase"]
SIMULATIONS = 500


def interval(numbers, labels, **resampling):
    return intervals({"score": np.array(numbers, dtype=float)}, labels, Resampling(**resampling))["score"]


def test_a_value_that_never_varies_has_an_interval_of_no_width():
    assert Interval(0.5, 0.5, 0.5) == interval([0.5] * 6, LABELS)


@given(values)
def test_the_mean_lies_within_the_range_and_the_range_within_the_values(numbers):
    result = interval(numbers, LABELS)
    assert min(numbers) - 1e-12 <= result.low <= result.high <= max(numbers) + 1e-12
    assert result.mean == pytest.approx(numbers.mean())


@given(values, st.integers(0, 99))
def test_the_same_seed_gives_the_same_interval(numbers, seed):
    assert interval(numbers, LABELS, seed=seed) == interval(numbers, LABELS, seed=seed)


@given(values)
def test_an_encoder_compared_with_itself_differs_by_nothing(numbers):
    assert {"score": Interval(0.0, 0.0, 0.0)} == paired_differences({"score": numbers}, {"score": numbers}, LABELS)


@given(values, values)
def test_swapping_before_and_after_turns_the_interval_around(before, after):
    there = paired_differences({"score": before}, {"score": after}, LABELS)["score"]
    back = paired_differences({"score": after}, {"score": before}, LABELS)["score"]
    assert (-there.mean, -there.high, -there.low) == pytest.approx((back.mean, back.low, back.high), abs=1e-12)


def test_agrees_with_labels_drawn_one_resample_at_a_time():
    generator = np.random.default_rng(1)
    labels = generator.integers(30, size=200)
    numbers = generator.random(200) + 0.1 * labels
    groups = [numbers[labels == label] for label in np.unique(labels)]
    drawn = [np.concatenate([groups[i] for i in generator.integers(30, size=30)]).mean() for _ in range(4000)]
    fast = interval(numbers, labels.astype(str).tolist(), resamples=4000)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([fast.low, fast.high], abs=0.05)


def test_agrees_with_the_textbook_interval_when_every_query_has_its_own_label():
    numbers = np.random.default_rng(0).normal(size=400)
    fast = interval(numbers, [str(position) for position in range(400)], resamples=8000)
    half = 1.96 * numbers.std() / np.sqrt(400)
    assert (numbers.mean() - half, numbers.mean() + half) == pytest.approx((fast.low, fast.high), abs=0.005)


def test_queries_that_fail_together_count_as_one_piece_of_evidence():
    numbers = np.repeat(np.random.default_rng(0).normal(size=20), 25)
    alone = interval(numbers, [str(position) for position in range(500)])
    together = interval(numbers, [str(position // 25) for position in range(500)])
    assert 4 < (together.high - together.low) / (alone.high - alone.low) < 6


def test_more_confidence_makes_a_wider_interval():
    numbers = np.random.default_rng(0).random(6)
    wide, narrow = interval(numbers, LABELS, confidence=0.99), interval(numbers, LABELS, confidence=0.5)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_ends_are_the_outermost_means_of_subsets_of_few_labels():
    numbers = np.random.default_rng(0).normal(size=6)
    subsets = [list(rows) for size in range(1, 7) for rows in combinations(range(6), size)]
    first, second, *_, last_but_one, last = sorted(numbers[rows].mean() for rows in subsets)
    found = interval(numbers, list("abcdef"))
    assert first - 1e-12 <= found.low <= second
    assert last_but_one <= found.high <= last + 1e-12


def test_of_few_labels_of_unlike_sizes_just_the_stated_share_of_intervals_holds_the_truth():
    labels = np.repeat(list("abcdefgh"), [1, 1, 2, 3, 5, 8, 13, 21])
    codes = np.unique(labels, return_inverse=True)[1]
    missed = 0
    for number in range(SIMULATIONS):
        random = np.random.default_rng(number)  # heavy tails: the largest of eight labels often outweighs the others
        found = interval(random.standard_t(2, size=8)[codes] + random.normal(size=54), labels.tolist(), resamples=500)
        missed += not found.low <= 0 <= found.high
    fewest, most = binom.ppf([0.5e-4, 1 - 0.5e-4], SIMULATIONS, 0.05)
    assert fewest <= missed <= most


def test_resamples_beyond_one_block_are_all_drawn(monkeypatch):
    numbers = np.random.default_rng(0).random(6)
    whole = interval(numbers, LABELS)
    monkeypatch.setattr("lookalike_components.retrieval.bootstrap.NUMBERS_AT_ONCE", 30)
    assert interval(numbers, LABELS).low == pytest.approx(whole.low, abs=1e-12)


def test_metrics_that_only_one_side_has_are_left_out():
    both = {"score": np.zeros(2)}
    assert list(paired_differences({**both, "ns_score": np.zeros(2)}, both, ["mug", "lamp"])) == ["score"]


def test_one_label_alone_is_refused():
    with pytest.raises(UserError) as error:
        interval([0.1, 0.2], ["mug", "mug"])
    assert str(error.value) == "an interval needs queries of 2 labels or more, got 1; put more labels into the test"
