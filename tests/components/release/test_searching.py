"""The nearest are found in a flat index and in one of lists, in part of it, and where there are too few."""

import subprocess
import sys
from typing import Any

import faiss
import numpy as np
import pytest

from lookalike_components.release.searching import NOTHING, nearest

PICTURES, DIMENSION = 400, 8


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(PICTURES, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(params=["flat", "lists"])
def index(request: pytest.FixtureRequest, vectors: np.ndarray) -> Any:
    flat = faiss.IndexFlatIP(DIMENSION)
    if request.param == "lists":
        lists = faiss.IndexIVFFlat(flat, DIMENSION, 10, faiss.METRIC_INNER_PRODUCT)
        lists.train(vectors)
        lists.nprobe = 9
        lists.add(vectors)
        return lists
    flat.add(vectors)
    return flat


def test_they_are_those_of_the_slow_definition(index: Any, vectors: np.ndarray):
    scores, positions = nearest(index, vectors[:20], k=3)
    cosines = vectors[:20] @ vectors.T
    np.testing.assert_array_equal(positions[:, 0], np.arange(20))
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, positions, axis=1), atol=1e-6)


def test_only_what_is_selected_is_found(index: Any, vectors: np.ndarray):
    _, positions = nearest(index, vectors[:5], k=4, selector=faiss.IDSelectorRange(100, 110))
    assert ((positions >= 100) & (positions < 110)).all()


def test_all_lists_are_searched_where_the_nearest_hold_too_few(index: Any, vectors: np.ndarray):
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = 1
    _, positions = nearest(index, vectors[:5], k=10, selector=faiss.IDSelectorRange(0, 10))
    assert [sorted(row) for row in positions.tolist()] == [list(range(10))] * 5


def test_where_there_are_fewer_than_asked_for_the_rest_is_nothing(index: Any, vectors: np.ndarray):
    _, positions = nearest(index, vectors[:2], k=5, selector=faiss.IDSelectorRange(0, 3))
    assert (positions[:, 3:] == NOTHING).all()
    assert sorted(positions[0, :3].tolist()) == [0, 1, 2]


def test_the_index_keeps_how_many_lists_it_looks_into(vectors: np.ndarray, tmp_path: Any):
    lists = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIMENSION), DIMENSION, 10, faiss.METRIC_INNER_PRODUCT)
    lists.train(vectors)
    lists.nprobe = 7
    faiss.write_index(lists, str(tmp_path / "index.faiss"))
    assert faiss.read_index(str(tmp_path / "index.faiss")).nprobe == 7


def test_torchs_stand_in_for_faiss_search_does_no_harm():
    lines = [
        "import faiss.contrib.torch_utils",
        "import faiss, numpy",
        "from lookalike_components.release.searching import nearest",
        "index = faiss.IndexFlatIP(2)",
        "index.add(numpy.eye(2, dtype=numpy.float32))",
        "print(nearest(index, numpy.float32([[0, 1]]), 1)[1].tolist())",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout == "[[1]]\n"
