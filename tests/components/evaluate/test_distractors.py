"""The index grows by pictures that nobody asks for."""

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import read_table, write_table
from lookalike_components.evaluate.asking import ask
from lookalike_components.evaluate.distractors import with_distractors
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.search import search
from lookalike_components.evaluate.subset import bystanders, open_test


def table_of(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", "label", "subset"])


def test_pictures_without_a_part_in_the_run_are_bystanders_unless_they_show_what_is_asked_for():
    table = table_of(
        ("a", "mug", "query"),
        ("b", "mug", "query"),
        ("c", "lamp", "train"),
        ("d", None, None),
        ("e", "vase", None),
        ("f", "mug", None),
        ("a", None, None),
        ("d", None, None),
    )
    assert bystanders(table, open_test(table))["image_id"].tolist() == ["d", "e"]


@pytest.fixture
def unlabelled_whites(make_table):
    """Green and blue ask for each other; red trains; of white nobody has said what it is."""
    subsets = {"red": "train", "green": "query", "blue": "query", "white": None}
    path = make_table(lambda label, _number: subsets[label])
    table = read_table(path)
    write_table(table.assign(label=table["label"].mask(table["label"] == "white", None)), path)
    return read_table(path)


def test_the_index_grows_from_nothing_added_to_all_of_them(unlabelled_whites, encoder):
    test = open_test(unlabelled_whites)
    vectors = embed(encoder, test.images)
    points = with_distractors(encoder, unlabelled_whites, test, vectors, np.arange(8))
    assert [point["size"] for point in points] == [0, 1, 2, 4]
    shown = {name: points[0][name] for name in ("recall_at_1", "map_at_r")}
    labels = test.queries["label"].to_numpy(object)
    assert shown == ask(vectors, labels, vectors, labels, test.shown)


def test_more_distractors_never_help(unlabelled_whites, encoder):
    test = open_test(unlabelled_whites)
    random = np.random.default_rng(0).normal(size=(8, encoder.config.dimension)).astype(np.float32)
    vectors = embed(encoder, test.images) + 0.1 * random
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for name in ("recall_at_1", "map_at_r"):
        values = [point[name] for point in with_distractors(encoder, unlabelled_whites, test, vectors, np.arange(8))]
        assert values == sorted(values, reverse=True)


def test_at_most_so_many_are_added_those_of_the_lowest_ids(unlabelled_whites, encoder, monkeypatch, capsys):
    test = open_test(unlabelled_whites)
    vectors = embed(encoder, test.images)
    monkeypatch.setitem(with_distractors.__globals__, "MOST_DISTRACTORS", 3)
    first_three = with_distractors(encoder, unlabelled_whites, test, vectors, np.arange(8))
    assert "3 of 4 pictures without a part in the test are put into the index" in capsys.readouterr().err
    last = unlabelled_whites[unlabelled_whites["label"].isna()]["image_id"].max()
    without_last = unlabelled_whites[unlabelled_whites["image_id"] != last]
    assert first_three == with_distractors(encoder, without_last, test, vectors, np.arange(8))
    assert first_three[-1]["size"] == 3


def test_a_table_without_bystanders_has_no_such_figure(first_of_each_asks, encoder):
    table = read_table(first_of_each_asks)
    test = open_test(table)
    vectors = embed(encoder, test.images)
    judged = search(test, vectors, 1).judged
    assert with_distractors(encoder, table, test, vectors, judged) == []
