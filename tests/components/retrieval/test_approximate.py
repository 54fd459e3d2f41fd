import numpy as np
import pytest

from lookalike_components.retrieval import neighbours, rank_leave_one_out
from lookalike_components.retrieval.approximate import approximate, search_in
from lookalike_components.retrieval.neighbours import Exact

APPROXIMATE = "lookalike_components.retrieval.approximate"


@pytest.fixture(scope="module")
def grouped():
    """4,000 vectors around 400 centres, which differ in few directions, as those of pictures do."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(400, 4)) @ generator.normal(size=(4, 32))
    vectors = np.repeat(centres, 10, axis=0) + 0.1 * generator.normal(size=(4000, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_it_says_how_many_of_the_exact_neighbours_it_finds(grouped):
    found = approximate(grouped, grouped, 5, recall=0.9)
    exact, some = neighbours(grouped, grouped, 5)[1], found(grouped, 5)[1]
    share = np.mean([len(set(one) & set(other)) / 5 for one, other in zip(exact, some, strict=True)])
    assert found.recall == pytest.approx(share, abs=0.03)
    assert found.recall >= 0.9


def test_its_scores_are_the_exact_cosines_best_first(grouped):
    scores, positions = approximate(grouped, grouped, 5, recall=0.5)(grouped[:50], 5)
    assert np.einsum("qd,qkd->qk", grouped[:50], grouped[positions]) == pytest.approx(scores, abs=1e-6)
    assert (np.diff(scores) <= 0).all()


def test_a_query_whose_lists_hold_too_few_is_searched_exactly(grouped):
    found = approximate(grouped, grouped, 1, recall=0.0)
    deep = found(grouped[:3], 3999)[1]
    assert deep.tolist() == neighbours(grouped[:3], grouped, 3999)[1].tolist()


def test_where_a_small_part_does_not_hold_enough_the_whole_is_searched(monkeypatch):
    monkeypatch.setattr(f"{APPROXIMATE}.MOST_COMPARISONS", 0)
    noise = np.random.default_rng(0).normal(size=(2000, 64)).astype(np.float32)
    assert approximate(noise, noise, 10) is None
    assert search_in(noise, noise, 10).method == "exact"


def test_few_comparisons_are_all_made(grouped):
    assert isinstance(search_in(grouped, grouped, 5), Exact)


def test_a_ranking_of_many_comparisons_tells_what_it_missed(grouped, monkeypatch):
    labels = [str(row // 10) for row in range(4000)]
    exact = rank_leave_one_out(grouped, labels, 5)
    monkeypatch.setattr(f"{APPROXIMATE}.MOST_COMPARISONS", 0)
    ranking = rank_leave_one_out(grouped, labels, 5)
    assert ranking.method == "approximate"
    assert 0.99 <= ranking.recall <= 1.0
    assert (ranking.positions != np.arange(4000)[:, None]).all()
    for name, value in ranking.metrics(5).items():
        assert value.mean() == pytest.approx(exact.metrics(5)[name].mean(), abs=0.02)
