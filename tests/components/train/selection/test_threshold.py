"""A stated share of the pairs of different labels lies above the threshold, and no more."""

import numpy as np
import pytest

from lookalike_components.train.selection.threshold import threshold_for


def on_circle(*degrees: float) -> np.ndarray:
    """Unit vectors whose cosines can be read off by eye."""
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], np.float32)


def test_of_four_pairs_of_different_labels_one_may_be_taken_for_a_match():
    vectors, labels = on_circle(0, 10, 60, 90), np.array([0, 0, 1, 1])
    found = threshold_for(vectors, labels, 0.25, seed=0)  # the pairs are 60, 90, 50 and 80 degrees apart
    assert found == pytest.approx(np.cos(np.radians(50)), abs=1e-6)


def test_pairs_of_one_label_do_not_matter():
    vectors, labels = on_circle(0, 0, 60, 90), np.array([0, 0, 1, 2])
    apart = on_circle(0, 0, 60, 90)
    apart[1] = apart[0]
    assert threshold_for(vectors, labels, 0.3, 0) == threshold_for(apart, labels, 0.3, 0)


def test_too_few_pairs_tell_nothing():
    assert threshold_for(on_circle(0, 10, 60, 90), np.array([0, 0, 1, 1]), 0.2, seed=0) is None
    assert threshold_for(on_circle(0, 10), np.array([0, 0]), 0.5, seed=0) is None


def test_the_share_of_false_matches_is_kept_on_many_pictures():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2_500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = random.integers(0, 500, 2_500)
    threshold = threshold_for(vectors, labels, 0.01, seed=0)
    cosines = (vectors @ vectors.T)[np.triu(labels[:, None] != labels[None, :], 1)]
    assert np.mean(cosines > threshold) == pytest.approx(0.01, abs=0.0005)
