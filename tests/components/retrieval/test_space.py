import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lookalike_components.errors import UserError
from lookalike_components.retrieval import Hubness, effective_dimension, hubness

grids = st.lists(st.lists(st.integers(-9, 9), min_size=4, max_size=4), min_size=2, max_size=20).map(
    lambda rows: np.array(rows, dtype=np.float32)
)


@given(grids)
def test_the_effective_dimension_is_the_participation_ratio_of_the_eigenvalues(vectors):
    eigenvalues = np.linalg.eigvalsh(np.cov(vectors.T.astype(float)))
    squares = (eigenvalues**2).sum()
    expected = eigenvalues.sum() ** 2 / squares if (vectors != vectors[0]).any() else 0.0
    assert effective_dimension(vectors) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("directions", [1, 5, 20])
def test_vectors_that_vary_alike_in_some_directions_have_as_many_dimensions(directions):
    generator = np.random.default_rng(0)
    turned = np.linalg.qr(generator.normal(size=(40, 40)))[0][:directions]
    vectors = (generator.normal(size=(10_000, directions)) @ turned + 3).astype(np.float32)
    assert effective_dimension(vectors) == pytest.approx(directions, rel=0.01)


@given(grids)
def test_it_does_not_matter_where_the_vectors_lie(vectors):
    assert effective_dimension(vectors + 100) == pytest.approx(effective_dimension(vectors), rel=1e-6)


def test_vectors_that_do_not_vary_have_no_dimension():
    assert effective_dimension(np.full((5, 3), 0.1, dtype=np.float32)) == 0


def test_blocks_do_not_change_the_dimension(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    whole = effective_dimension(vectors)
    monkeypatch.setattr("lookalike_components.retrieval.space.ROWS_AT_ONCE", 7)
    assert effective_dimension(vectors) == pytest.approx(whole, rel=1e-12)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3, unique=True), min_size=1, max_size=30))
def test_the_skewness_is_scipys(found):
    counts = [sum(picture in row for row in found) for picture in range(10)]
    expected = stats.skew(counts) if len(set(counts)) > 1 else 0.0
    assert hubness(np.array(found), 10).skewness == pytest.approx(expected, abs=1e-9)


def test_a_picture_that_everybody_finds_is_a_hub_and_the_unfound_are_orphans():
    found = hubness(np.array([[0, 1], [0, 2], [0, 1]]), 8)
    assert (found.most, found.orphans) == (3, 5 / 8)
    assert found.skewness > 1


def test_pictures_that_are_all_found_alike_are_no_hubs():
    assert Hubness(skewness=0.0, most=1, orphans=0.0) == hubness(np.array([[0], [1], [2]]), 3)


def test_an_empty_index_is_refused():
    with pytest.raises(UserError) as error:
        hubness(np.zeros((0, 3), dtype=np.int64), 0)
    assert str(error.value) == "hubness needs an index of 1 picture or more, got none; put pictures into the index"
