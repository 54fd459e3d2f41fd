from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.retrieval import curve
from lookalike_components.retrieval.cosines import labelled_pairs

COSINES = "lookalike_components.retrieval.cosines"


def on_circle(*degrees):
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], dtype=np.float32)


pictures = st.lists(st.tuples(st.integers(0, 359), st.sampled_from(["mug", "lamp", "vase", None])), max_size=9)


@given(pictures)
def test_the_curve_agrees_with_every_pair_compared_by_hand(shown):
    vectors, labels = on_circle(*(angle for angle, _ in shown)).reshape(-1, 2), [label for _, label in shown]
    found = curve(vectors, labels)
    for histogram, of_one_label in ((found.same, True), (found.different, False)):
        pairs = combinations([row for row, label in enumerate(labels) if label], 2)
        cosines = [vectors[a] @ vectors[b] for a, b in pairs if (labels[a] == labels[b]) == of_one_label]
        assert histogram.sum() == len(cosines)
        for upper_edge, below in zip(found.cosine[1:], histogram.cumsum(), strict=False):
            fewest, most = (sum(cosine < upper_edge + slack for cosine in cosines) for slack in (-1e-6, 1e-6))
            assert fewest <= below <= most


def test_each_pair_is_counted_in_the_bin_of_its_cosine():
    found = curve(on_circle(0, 10, 95), ["mug", "mug", "lamp"])
    same, different = np.cos(np.radians(10)), np.cos(np.radians([95, 85]))
    assert [found.cosine[found.same > 0][0] <= same < found.cosine[found.same > 0][0] + 0.01] == [True]
    assert found.cosine[found.different > 0] == pytest.approx(np.floor(np.sort(different) * 100) / 100, abs=1e-9)


def test_the_bins_reach_from_minus_one_to_one():
    found = curve(on_circle(0, 0, 180), ["mug", "mug", "lamp"])
    assert (found.same[-1], found.different[0]) == (1, 2)
    assert (-1.0, pytest.approx(0.99)) == (found.cosine[0], found.cosine[-1])
    assert np.int64 == found.same.dtype == found.different.dtype


def test_pictures_without_a_label_are_left_out():
    found = curve(on_circle(0, 10, 20), ["mug", None, "lamp"])
    assert (found.same.sum(), found.different.sum()) == (0, 1)


def test_of_many_pictures_some_are_looked_at_the_same_ones_for_one_seed(monkeypatch):
    monkeypatch.setattr(f"{COSINES}.MOST_PICTURES", 10)
    vectors, labels = on_circle(*range(40)), [str(row % 4) for row in range(40)]
    once, again, other = (labelled_pairs(vectors, labels, seed) for seed in (0, 0, 1))
    assert len(once.same) + len(once.different) == 45
    assert once.different.tolist() == again.different.tolist() != other.different.tolist()


def test_pairs_of_one_label_and_of_different_ones_are_kept_apart():
    pairs = labelled_pairs(on_circle(0, 60, 90), ["mug", "lamp", "mug"], 0)
    assert np.cos(np.radians([60, 30])) == pytest.approx(pairs.different, abs=1e-6)
    assert np.cos(np.radians([90])) == pytest.approx(pairs.same, abs=1e-6)
