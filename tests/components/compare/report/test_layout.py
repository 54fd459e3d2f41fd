import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist

from lookalike_components.compare.report.layout import aligned_layouts, spread


def vectors(seed=0, pictures=40, length=8):
    drawn = np.random.default_rng(seed).normal(size=(pictures, length)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def layouts():
    return aligned_layouts(vectors(0), vectors(1, length=12))


def test_the_same_vectors_always_give_the_same_maps(layouts):
    again = aligned_layouts(vectors(0), vectors(1, length=12))
    assert all((first == second).all() for first, second in zip(layouts, again, strict=True))


def test_maps_are_centred_and_of_one_size(layouts):
    for layout in layouts:
        assert np.allclose(layout.mean(axis=0), 0, atol=1e-9)
        assert np.sqrt((layout**2).sum(axis=1).mean()) == pytest.approx(1)


def test_no_turn_or_reflection_brings_the_second_map_nearer_to_the_first(layouts):
    first, second = layouts
    rotation, _ = orthogonal_procrustes(second, first)
    assert np.allclose(rotation, np.eye(2), atol=1e-6)


def test_an_encoder_that_changes_nothing_moves_no_picture_far():
    first, second = aligned_layouts(vectors(), vectors())
    by_another = aligned_layouts(vectors(), vectors(5))[1]
    moved, elsewhere = (np.median(np.linalg.norm(first - layout, axis=1)) for layout in (second, by_another))
    assert moved < 0.2 < elsewhere


def test_pictures_that_the_encoder_takes_for_one_lie_together():
    thing = np.repeat(np.arange(5), 8)
    alike = vectors(3, pictures=5)[thing] + 0.02 * vectors(4)
    _, after = aligned_layouts(vectors(0), alike / np.linalg.norm(alike, axis=1, keepdims=True))
    distances = np.linalg.norm(after[:, None] - after, axis=2) + 9 * np.eye(len(after))
    assert (thing[distances.argmin(axis=1)] == thing).all()


places = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=25)


@given(places)
def test_places_are_pushed_apart_even_where_they_coincide(drawn):
    assert pdist(spread(np.array(drawn, float), 10)).min() > 5


def test_places_that_are_apart_stay():
    apart = np.array([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0]])
    assert np.abs(spread(apart, 10) - apart).max() < 0.1
