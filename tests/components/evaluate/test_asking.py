"""Queries that are asked again are judged as the ranking judges them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.evaluate.asking import ask
from lookalike_components.retrieval import Shown, means, rank, rank_leave_one_out


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and labels of which each is there twice or more."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 3)).astype(np.float32)
    labels = random.permutation(np.arange(count) // 2 % 5).astype(str).astype(object)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


def shown(means: dict[str, float]) -> dict[str, float]:
    return {name: means[name] for name in ("recall_at_1", "map_at_r")}


@given(st.integers(4, 40), st.integers(0, 1000))
def test_all_pictures_among_the_others_are_a_ranking_that_leaves_one_out(pairs: int, seed: int):
    vectors, labels = drawn(2 * pairs, seed)
    expected = means(rank_leave_one_out(vectors, labels.tolist(), 1).metrics(1))
    assert ask(vectors, labels, vectors, labels, shown=Shown(each := np.arange(2 * pairs), each)) == pytest.approx(
        shown(expected)
    )


@given(st.integers(4, 40), st.integers(0, 1000))
def test_queries_in_another_index_are_a_ranking(pairs: int, seed: int):
    vectors, labels = drawn(4 * pairs, seed)
    queries, index = np.split(vectors, 2)
    there = labels[2 * pairs :]
    asked = np.flatnonzero(np.isin(labels[: 2 * pairs], there))
    expected = means(rank(queries[asked], labels[asked].tolist(), index, there.tolist(), 1).metrics(1))
    assert ask(queries[asked], labels[asked], index, there) == pytest.approx(shown(expected))


def test_a_picture_without_a_label_answers_nothing():
    vectors, labels = np.eye(3, dtype=np.float32), np.array(["mug", None, "mug"], dtype=object)
    query = np.array([[0.1, 0.9, 0.4]], np.float32)
    assert ask(query, labels[:1], vectors, labels) == {"recall_at_1": 0, "map_at_r": 0.25}
