"""Scores by label tell two encoders apart, or only vary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lookalike_components.train.selection.sureness import falls_behind

SCORES = some.lists(some.tuples(some.floats(0, 1), some.floats(0, 1)), min_size=2, max_size=30)


def test_a_loss_that_all_labels_share_is_seen():
    assert falls_behind([0.5, 0.4, 0.3], [0.6, 0.5, 0.4])


def test_a_loss_of_one_label_among_many_is_not():
    assert not falls_behind([0.5, 0.5, 0.5, 0.1], [0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("labels", [0, 1])
def test_too_few_labels_tell_nothing(labels: int):
    assert not falls_behind([0.0] * labels, [1.0] * labels)


@given(SCORES)
def test_nothing_falls_behind_what_it_is_better_than(pairs):
    scores, others = zip(*pairs, strict=True)
    assert not (falls_behind(scores, others) and falls_behind(others, scores))
    assert not falls_behind(np.maximum(scores, others), others)


def test_of_equal_encoders_one_in_six_seems_to_fall_behind():
    chance = np.random.default_rng(0)
    verdicts = [falls_behind(*chance.normal(size=(2, 30))) for _ in range(2000)]
    assert np.mean(verdicts) == pytest.approx(0.16, abs=0.03)
