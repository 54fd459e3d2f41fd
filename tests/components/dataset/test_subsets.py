import pandas as pd

from lookalike_components.dataset import LABEL_NOW, in_the_source, is_for_validation


def test_without_a_frozen_test_set_everything_is_in_the_source(table: pd.DataFrame) -> None:
    assert in_the_source(table) is table


def test_of_a_frozen_test_set_what_is_left_has_its_new_label() -> None:
    table = pd.DataFrame({"label": ["mug", "lamp", "vase"], LABEL_NOW: ["mug", None, "jug"]})
    left = in_the_source(table)
    assert (left["label"].tolist(), left.index.tolist()) == (["mug", "jug"], [0, 1])


def test_beside_a_frozen_test_set_what_has_no_label_is_in_the_source() -> None:
    table = pd.DataFrame({"label": ["mug", None, "lamp"], LABEL_NOW: ["mug", None, None]})
    assert in_the_source(table)["label"].tolist() == ["mug", None]


def test_choices_are_made_on_labelled_validation_pictures() -> None:
    table = pd.DataFrame({"label": ["mug", None, "mug"], "subset": ["validation", "validation", "query"]})
    assert is_for_validation(table).tolist() == [True, False, False]
