"""The test of a table is asked as *evaluate* asks it: of an index, among each other, or by views."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lookalike_components.encoder import folder
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.export.questions import questions
from lookalike_components.retrieval import rank, rank_leave_one_out

ROWS, DIMENSION = 60, 16


@pytest.fixture
def vectors() -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(ROWS, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def table(subsets: list[str | None], labels: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {"image_id": [f"{(7 * number) % ROWS:02d}" for number in range(ROWS)], "subset": subsets, "label": labels}
    )


LABELS: list[str | None] = [f"thing-{number % 7}" for number in range(ROWS)]


def test_queries_are_searched_among_the_index(vectors: np.ndarray):
    subsets: list[str | None] = ["query"] * 10 + ["index"] * 30 + ["train"] * 20
    asked = questions(table(subsets, LABELS), vectors)
    assert asked is not None
    expected = rank(vectors[:10], LABELS[:10], vectors[10:40], LABELS[10:40], 3).metrics(3)
    found = asked.answers(vectors[:10], 3)
    assert found.metrics == pytest.approx({name: values.mean() for name, values in expected.items()})
    np.testing.assert_array_equal(found.first, (vectors[:10] @ vectors[10:40].T).argmax(axis=1))


def test_without_an_index_queries_are_searched_among_each_other(vectors: np.ndarray):
    subsets: list[str | None] = ["train"] * 20 + ["query"] * 40
    asked = questions(table(subsets, LABELS), vectors)
    assert asked is not None
    expected = rank_leave_one_out(vectors[20:], LABELS[20:], 3).metrics(3)
    found = asked.answers(vectors[20:], 3)
    assert found.metrics == pytest.approx({name: values.mean() for name, values in expected.items()})


def test_what_nothing_answers_is_not_asked(vectors: np.ndarray):
    subsets: list[str | None] = ["query"] * 2 + ["index"] * 58
    asked = questions(table(subsets, ["alone", *LABELS[1:]]), vectors)
    assert asked is not None
    assert asked.labels.tolist() == ["thing-1"]


@pytest.mark.parametrize("subsets", [["train"] * ROWS, ["query", *["train"] * (ROWS - 1)]])
def test_without_a_query_that_can_be_answered_there_is_no_test(vectors: np.ndarray, subsets: list[str | None]):
    assert questions(table(subsets, LABELS), vectors) is None


def test_only_those_of_the_lowest_ids_are_asked(vectors: np.ndarray):
    asked = questions(table(["query"] * ROWS, LABELS), vectors, most=4)
    assert asked is not None
    assert sorted(asked.asked["image_id"]) == ["00", "01", "02", "03"]


def test_pictures_without_labels_are_asked_for_by_views(rows: pd.DataFrame, encoder_folder: Path):
    some = rows.head(6).assign(label=rows["image_id"], subset="query")
    asked = questions(some, np.eye(6, DIMENSION, dtype=np.float32))
    assert asked is not None
    encoder: EncoderConfig = folder.read_config(encoder_folder)
    assert asked.labels.tolist() == some["image_id"].tolist()
    plain = questions(rows.head(6).assign(subset="query"), np.eye(6, DIMENSION, dtype=np.float32))
    assert plain is not None
    assert (asked.pixels(encoder) != plain.pixels(encoder)).any(axis=(1, 2, 3)).all()
    assert asked.answers(np.eye(6, DIMENSION, dtype=np.float32), 1).metrics["recall_at_1"] == 1
