from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lookalike_components.retrieval import (
    Interval,
    Resampling,
    Slice,
    paired_differences,
    significantly_worse,
    slice_differences,
)
from lookalike_components.retrieval.bootstrap import probability_of_a_loss

ALPHA = 0.05
FEW = Resampling(resamples=499)


def with_p_values(*p_values):
    return [Slice("colour", str(p), 30, 10, Interval(-0.1, -0.2, 0.0), p) for p in p_values]


def queries(labels=10, each=6):
    """Before and after of queries of several labels, after a little better."""
    generator = np.random.default_rng(0)
    before = generator.random(labels * each)
    names = [str(row // each) for row in range(labels * each)]
    return before, before + 0.1 * generator.random(labels * each), names


def test_a_slice_is_compared_as_if_it_were_all_there_is():
    before, after, labels = queries()
    colour = ["red" if row % 2 else "blue" for row in range(60)]
    blue, red = slice_differences(before, after, labels, {"colour": colour}, FEW)
    alone = paired_differences({"score": before[1::2]}, {"score": after[1::2]}, labels[1::2], FEW)["score"]
    assert ("colour", "red", 30, 10, alone) == (red.column, red.value, red.queries, red.labels, red.difference)
    assert blue.value == "blue"


def test_slices_of_few_queries_or_of_one_label_are_left_out():
    before, after, labels = queries()
    columns = {"few": ["a"] * 29 + ["b"] * 31, "one": ["c"] * 6 + ["d"] * 54}
    values = [one.value for one in slice_differences(before, after, labels, columns, FEW)]
    assert values == ["b", "d"]
    assert [one.value for one in slice_differences(before, after, labels, columns, FEW, fewest=6)] == ["a", "b", "d"]


def test_queries_without_a_value_are_in_no_slice():
    before, after, labels = queries()
    slices = slice_differences(before, after, labels, {"colour": ["red"] * 40 + [None] * 20}, FEW)
    assert [(one.value, one.queries) for one in slices] == [("red", 40)]


def test_a_loss_on_one_slice_is_found_under_a_gain_on_the_whole():
    before, after, labels = queries(labels=40)
    colour = ["red"] * 60 + ["blue"] * 180
    after[:60] -= 0.3 + 0.1 * before[:60]
    after[60:] += 0.3
    slices = slice_differences(before, after, labels, {"colour": colour}, Resampling())
    assert [one.value for one in significantly_worse(slices, ALPHA)] == ["red"]


def test_holms_steps_grow_easier_one_by_one_until_one_is_missed():
    slices = with_p_values(0.04, 0.012, 0.02, 0.026)
    assert [one.p_value for one in significantly_worse(slices, ALPHA)] == [0.012]
    slices = with_p_values(0.04, 0.012, 0.016, 0.025)
    assert [one.p_value for one in significantly_worse(slices, ALPHA)] == [0.012, 0.016, 0.025, 0.04]


@given(st.lists(st.floats(0.0001, 1), max_size=8))
def test_holm_agrees_with_the_closure_of_bonferroni(p_values):
    """A slice is worse where Bonferroni rejects every set of slices that it belongs to: what Holm's procedure is."""
    sets = [set(np.flatnonzero(chosen)) for chosen in product([False, True], repeat=len(p_values)) if any(chosen)]
    rejected = [one for one in sets if min(p_values[place] for place in one) <= ALPHA / len(one)]
    closed = [p for place, p in enumerate(p_values) if all(one in rejected for one in sets if place in one)]
    assert sorted(closed) == [one.p_value for one in significantly_worse(with_p_values(*p_values), ALPHA)]


def test_no_slice_is_worse_where_none_was_looked_at():
    assert significantly_worse([], ALPHA) == []


@pytest.mark.parametrize("labels", [4, 12, 40])
def test_any_slice_is_called_worse_by_chance_no_more_often_than_stated(labels):
    simulations = 300
    generator = np.random.default_rng(labels)
    columns = {"half": ["a", "b"] * labels * 6, "third": ["c", "d", "e"] * labels * 4}
    names = np.repeat(np.arange(labels), 12).astype(str).tolist()

    def mistaken():
        noise = np.repeat(generator.normal(size=labels), 12) + generator.normal(size=12 * labels)
        slices = slice_differences(np.zeros(12 * labels), noise, names, columns, FEW, fewest=10)
        return bool(significantly_worse(slices, ALPHA))

    assert sum(mistaken() for _ in range(simulations)) <= binom.ppf(0.9999, simulations, ALPHA)


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=7))
def test_the_probability_of_a_loss_agrees_with_all_signs_written_out(sums):
    totals = [float(np.dot(signs, sums)) for signs in product([-1, 1], repeat=len(sums))]
    expected = np.mean([total <= sum(sums) for total in totals])
    labels = [str(place) for place in range(len(sums))]
    found = probability_of_a_loss(np.array(sums, dtype=float), labels, Resampling(resamples=4000))
    assert found == pytest.approx(expected, abs=0.04)


def test_two_labels_that_both_lost_could_have_done_so_by_chance():
    assert probability_of_a_loss(np.array([-0.5, -0.5]), ["mug", "lamp"]) == pytest.approx(0.25, abs=0.04)
