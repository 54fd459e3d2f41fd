import numpy as np
import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.evaluate.search import search
from lookalike_components.evaluate.subset import open_test


def examination(**labels_by_subset):
    rows = [(subset, label) for subset, labels in labels_by_subset.items() for label in labels.split()]
    table = pd.DataFrame(rows, columns=["subset", "label"])
    return open_test(table.assign(image_id=table.index.astype(str)))


def on_circle(*degrees):
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], dtype=np.float32)


def test_training_and_validation_rows_stay_closed():
    test = examination(train="mug", validation="lamp", query="vase", index="vase cup")
    assert test.images["label"].tolist() == ["vase", "vase", "cup"]


def test_queries_are_searched_in_the_index():
    ranking = search(examination(query="mug", index="lamp mug"), on_circle(0, 60, 10), k=2)
    assert ranking.positions.tolist() == [[1, 0]]


def test_rankings_are_deeper_than_k_so_that_people_can_look_further():
    test = examination(query="mug", index="mug " + "lamp " * 20)
    assert search(test, on_circle(*range(22)), k=1).positions.shape == (1, 10)


def test_queries_that_cannot_be_answered_are_left_out_and_told(capsys):
    ranking = search(examination(query="mug vase", index="mug lamp"), on_circle(0, 50, 10, 60), k=1)
    assert ranking.judged.tolist() == [0]
    assert "1 of 2 queries have no other image of their label to find and are left out" in capsys.readouterr().err


def test_a_test_without_any_answer_is_refused():
    with pytest.raises(UserError) as error:
        search(examination(query="mug vase", index="lamp cup"), on_circle(0, 50, 10, 60), k=1)
    assert str(error.value) == (
        "none of the 2 queries has another image of its label to find; label more images, or split anew"
    )


def twice(subsets):
    """Twenty pictures, each alone with its label, and each there twice; vectors that tell all of them apart."""
    rows = [(subset, f"thing {number}", str(number)) for number in range(20) for subset in subsets]
    test = open_test(pd.DataFrame(rows, columns=["subset", "label", "image_id"]))
    names, places = np.unique(test.images["image_id"], return_inverse=True)
    return test, np.eye(len(names), dtype=np.float32)[places]


@pytest.mark.parametrize("subsets", [("query", "query"), ("query", "index")])
def test_copies_of_pictures_are_no_answers(subsets):
    """Every picture would find its copy first, whatever the encoder knows."""
    with pytest.raises(UserError, match="none of the 20 queries has another image of its label to find"):
        search(*twice(subsets), k=3)


def test_a_copy_of_the_query_under_another_label_is_no_wrong_answer():
    rows = [("query", "mug", "a"), ("query", "mug", "b"), ("query", "cup", "a"), ("query", "cup", "c")]
    test = open_test(pd.DataFrame(rows, columns=["subset", "label", "image_id"]))
    ranking = search(test, on_circle(0, 10, 0, 20), k=2)
    assert ranking.positions.tolist() == [[1, 3], [0, 2], [1, 3], [1, 0]]
    assert ranking.metrics(2)["recall_at_1"].tolist() == [1, 1, 0, 0]


def test_each_picture_is_in_the_test_once_under_a_label_and_rather_a_query():
    rows = [("index", "mug", "a"), ("query", "mug", "a"), ("index", "mug", "b"), ("index", "mug", "b")]
    test = open_test(pd.DataFrame(rows, columns=["subset", "label", "image_id"]))
    assert (test.queries["image_id"].tolist(), test.index["image_id"].tolist()) == (["a"], ["b"])
