"""A small index is exact; a large one is searched in part, and its recall is known."""

import numpy as np
import pandas as pd
import pytest

from lookalike_components.export.index import build_index, index_table
from lookalike_components.release.searching import nearest


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Two hundred dense clouds of twenty."""
    random = np.random.default_rng(0)
    centres = np.repeat(random.normal(size=(200, 24)), 20, axis=0)
    vectors = (centres + 0.1 * random.normal(size=centres.shape)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_small_index_is_exact(vectors: np.ndarray):
    built = build_index(vectors[:100], exact_up_to=100)
    assert (type(built.index).__name__, built.recall, built.recall_at) == ("IndexFlatIP", 1.0, 0)


def test_a_large_one_knows_what_it_finds(vectors: np.ndarray):
    built = build_index(vectors, exact_up_to=100)
    assert built.recall_at == 10
    wanted = np.sort(vectors[::7] @ vectors.T, axis=1)[:, -2:-12:-1]
    found = nearest(built.index, vectors[::7], k=11)[0][:, 1:]
    share = (found >= wanted[:, -1:] - 1e-6).mean()
    assert share == pytest.approx(built.recall, abs=0.01)
    assert built.index.nprobe < built.index.nlist


def test_where_a_part_would_lose_too_much_the_index_stays_exact(capsys: pytest.CaptureFixture[str]):
    random = np.random.default_rng(0).normal(size=(3_000, 64)).astype(np.float32)
    built = build_index(random / np.linalg.norm(random, axis=1, keepdims=True), exact_up_to=100)
    assert (type(built.index).__name__, built.recall_at) == ("IndexFlatIP", 0)
    assert "the index stays exact" in capsys.readouterr().err


def test_answers_keep_what_the_source_said_and_no_place_in_the_store(rows: pd.DataFrame):
    said = index_table(rows.assign(shelf="A", label_now=rows["label"]))
    assert list(said) == ["uri", "label", "subset", "image_id", "shelf"]
