"""Simulated encoders of known difference go through the gate: `benchmarks/gate.py` with fewer of them."""

import runpy
from functools import cache
from pathlib import Path

import pytest
from scipy.stats import binom

from lookalike_components.compare.config import CompareConfig

BENCHMARK = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "gate.py"))
SIMULATIONS = 200
CONFIG = CompareConfig(resamples=500)


def bounds(rate):
    """The fewest and the most of all simulations that such a rate lets one expect, but for one time in 10,000."""
    return binom.ppf([0.5e-4, 1 - 0.5e-4], SIMULATIONS, rate)


@cache
def verdicts(labels, name):
    return list(BENCHMARK["verdicts"](labels, BENCHMARK["ENCODERS"][name], SIMULATIONS, CONFIG))


def count(found, rule):
    """Verdicts in which this rule was broken."""
    return sum(one.passed is False for verdict in found for one in verdict.rules if one.name == rule)


@pytest.mark.parametrize("labels", [10, 20, 50])
def test_noise_is_accepted_no_more_often_than_stated(labels):
    assert sum(verdict.promoted for verdict in verdicts(labels, "no gain")) <= bounds(0.025)[1]


@pytest.mark.parametrize("labels", [10, 20, 50])
def test_noise_is_called_a_gain_just_as_often_as_stated(labels):
    gains = SIMULATIONS - count(verdicts(labels, "no gain"), "gain")
    fewest, most = bounds(0.025)
    assert fewest <= gains <= most


def test_a_large_gain_is_accepted_where_there_are_labels_enough():
    assert sum(verdict.promoted for verdict in verdicts(50, "large gain, 0.2")) >= 0.9 * SIMULATIONS


def test_more_labels_find_a_gain_more_often():
    missed = [count(verdicts(labels, "large gain, 0.2"), "gain") for labels in (10, 50)]
    assert missed[0] > 0.3 * SIMULATIONS > missed[1]


def test_slices_that_differ_by_nothing_are_called_worse_no_more_often_than_stated():
    assert count(verdicts(20, "no gain"), "slices") <= bounds(0.05)[1]


@pytest.mark.parametrize("validation", [6, 50])
def test_false_matches_that_differ_by_nothing_are_called_more_no_more_often_than_stated(validation):
    """With thresholds that a few validation labels set, or as many as the test has."""
    assert BENCHMARK["refusals"](50, validation, 1, SIMULATIONS, CONFIG) <= bounds(0.025)[1]


def test_the_more_false_matches_there_are_the_more_often_they_are_refused():
    few, many, very_many = (BENCHMARK["refusals"](50, 50, growth, 50, CONFIG) for growth in (2, 4, 9))
    assert 2 <= few < many < very_many
    assert very_many >= 0.9 * 50


def test_fewer_than_six_validation_labels_decide_nothing():
    assert BENCHMARK["refusals"](50, 5, 9, 10, CONFIG) == 0


def test_a_loss_in_a_third_of_the_queries_is_found_behind_a_gain():
    found = verdicts(50, "large gain, but a third loses 0.3")
    assert count(found, "slices") >= 0.8 * SIMULATIONS
    assert sum(verdict.promoted for verdict in found) <= 0.2 * SIMULATIONS


def test_more_false_matches_are_found_behind_a_gain():
    found = verdicts(50, "large gain, but four times the false matches")
    assert count(found, "false_matches") >= 0.2 * SIMULATIONS > count(verdicts(50, "large gain, 0.2"), "false_matches")
