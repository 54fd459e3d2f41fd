"""Some queries are asked again, worse than they were; the index stays."""

import numpy as np
import pytest

from lookalike_components.dataset import read_table
from lookalike_components.encoder.encode import encode
from lookalike_components.evaluate.asking import ask
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.robustness import robustness as room
from lookalike_components.evaluate.robustness.corruptions import CELLS
from lookalike_components.evaluate.robustness.robustness import robustness
from lookalike_components.evaluate.subset import open_test


@pytest.fixture
def all_ask(make_table):
    """Every picture of three colours is searched among the others."""
    return open_test(read_table(make_table(lambda label, _number: "train" if label == "red" else "query")))


def test_every_cell_has_its_figures(all_ask, encoder):
    found = robustness(encoder, all_ask, embed(encoder, all_ask.images), np.arange(12), 100)
    assert found["queries"] == 12
    assert [(cell["corruption"], cell["severity"]) for cell in found["cells"]] == CELLS
    assert found["untouched"]["recall_at_1"] == 1
    assert min(cell["map_at_r"] for cell in found["cells"]) < found["untouched"]["map_at_r"]


def test_the_cells_are_what_asking_with_each_variant_gives(all_ask, encoder, monkeypatch):
    """Batches of five, so that the last is not full."""
    monkeypatch.setattr(room, "BATCH_SIZE", 5)
    vectors = embed(encoder, all_ask.images)
    found = robustness(encoder, all_ask, vectors, np.arange(12), 100)
    monkeypatch.setattr(room, "BATCH_SIZE", 12)
    batches = list(room._variants(encoder, all_ask.queries))
    labels = all_ask.queries["label"].to_numpy(object)
    for batch, cell in zip(batches, [found["untouched"], *found["cells"]], strict=True):
        answers = ask(encode(encoder, [batch]), labels, vectors, labels, all_ask.shown)
        assert {name: cell[name] for name in answers} == pytest.approx(answers)


def test_only_queries_that_have_an_answer_are_asked_and_no_more_than_wanted(all_ask, encoder):
    vectors = embed(encoder, all_ask.images)
    assert robustness(encoder, all_ask, vectors, np.array([1, 5, 7]), 2)["queries"] == 2
    assert robustness(encoder, all_ask, vectors, np.array([1, 5, 7]), 100)["queries"] == 3


def test_an_index_of_its_own_is_searched_whole(first_of_each_asks, encoder):
    test = open_test(read_table(first_of_each_asks))
    found = robustness(encoder, test, embed(encoder, test.images), np.arange(3), 100)
    assert found["untouched"] == {"recall_at_1": 1, "map_at_r": 1}


def test_none_are_asked_with_0(all_ask, encoder):
    assert robustness(encoder, all_ask, embed(encoder, all_ask.images), np.arange(12), 0) is None
