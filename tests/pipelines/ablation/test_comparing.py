import numpy as np
import pytest

from lookalike.ablation import comparing
from lookalike.ablation.training import Measured


def measured(values, labels="aabb", seconds=2.0, steps=4, left=0):
    metrics = {"map_at_r": list(values), "recall_at_1": [float(value > 0.5) for value in values]}
    return Measured(list(labels), metrics, steps, seconds, seconds, None, {}, left)


def test_a_difference_is_that_of_the_same_queries():
    before = {(1, 0): measured([0.1, 0.2, 0.3, 0.4]), (2, 0): measured([0.5, 0.5, 0.5, 0.5], "ccdd")}
    after = {(1, 0): measured([0.2, 0.3, 0.4, 0.5]), (2, 0): measured([0.7, 0.7, 0.7, 0.7], "ccdd")}
    gain = comparing.differences(before, after)["map_at_r"]
    assert gain.mean == pytest.approx(0.15)
    assert (gain.low, gain.high) == (pytest.approx(0.1), pytest.approx(0.2))


def test_what_one_side_lacks_is_in_no_difference():
    before = {(1, 0): measured([0.1, 0.1, 0.1, 0.1]), (2, 0): measured([1.0, 1.0, 1.0, 1.0], "ccdd")}
    assert comparing.differences(before, {(1, 0): measured([0.3] * 4)})["map_at_r"].mean == pytest.approx(0.2)


def test_a_second_seed_on_the_same_labels_is_no_second_set_of_labels():
    random = np.random.default_rng(0)
    labels = [f"{label}" for label in range(10) for _ in range(4)]
    gains = np.repeat(random.normal(size=10), 4)
    once = {(1, 0): measured(np.zeros(40), labels)}, {(1, 0): measured(gains, labels)}
    twice = [{place: one for seed in range(2) for place, one in [((1, seed), side[1, 0])]} for side in once]
    single, double = (comparing.differences(*sides)["map_at_r"] for sides in (once, twice))
    assert (double.low, double.high) == (pytest.approx(single.low), pytest.approx(single.high))


def test_means_are_over_all_queries():
    assert comparing.means({(1, 0): measured([0.0, 1.0, 1.0, 1.0])}) == {"map_at_r": 0.75, "recall_at_1": 0.75}


def test_seconds_of_a_step_are_the_median_of_trainings_that_took_steps():
    trainings = [measured([0] * 4, seconds=seconds) for seconds in (2.0, 4.0, 400.0)]
    measured_so = {(number, 0): one for number, one in enumerate(trainings)} | {(9, 0): measured([0] * 4, steps=0)}
    assert comparing.seconds_a_step(measured_so) == 1.0


def test_seconds_of_trials_are_divided_by_their_steps_too():
    assert comparing.seconds_a_step({(1, 0): measured([0] * 4, seconds=130.0, steps=100, left=30)}) == 1.0
