import numpy as np
import pandas as pd

from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.examples import examples

INDEX = pd.DataFrame({"label": ["mug", "lamp"]})


def evaluation(answers):
    """``answers``: name of the query -> (label, whether its first result is right, margin)."""
    rows = [
        {
            **dict.fromkeys(["uri", "shard"], ""),
            **dict.fromkeys(["offset", "nbytes"], 0),
            "image_id": name,
            "label": label,
            "recall_at_1": float(right),
            "margin": margin,
            "neighbours": np.array([0, 1]),
            "scores": np.array([0.9, 0.8]),
        }
        for name, (label, right, margin) in answers.items()
    ]
    return Evaluation({}, pd.DataFrame(rows), INDEX)


def order(before, after, outcome):
    table = examples(evaluation(before), evaluation(after))
    return table.loc[table["outcome"] == outcome, "image_id"].tolist()


def test_fixed_queries_come_in_the_order_of_their_gain():
    before = {"a": ("mug", False, -0.1), "b": ("lamp", False, -0.5), "c": ("vase", False, -0.2)}
    after = {"a": ("mug", True, 0.1), "b": ("lamp", True, 0.3), "c": ("vase", True, 0.3)}
    assert order(before, after, "fixed") == ["b", "c", "a"]


def test_broken_queries_come_in_the_order_of_their_loss():
    before = {"a": ("mug", True, 0.1), "b": ("lamp", True, 0.5)}
    after = {"a": ("mug", False, -0.1), "b": ("lamp", False, -0.1)}
    assert order(before, after, "broken") == ["b", "a"]


def test_queries_still_wrong_come_by_how_far_the_right_picture_is_behind():
    before = {"a": ("mug", False, -0.9), "b": ("lamp", False, -0.1)}
    after = {"a": ("mug", False, -0.1), "b": ("lamp", False, -0.4)}
    assert order(before, after, "still_wrong") == ["b", "a"]


def test_every_label_has_its_turn_before_one_comes_again():
    before = {"a": ("mug", False, -0.9), "b": ("mug", False, -0.8), "c": ("lamp", False, -0.1)}
    after = {"a": ("mug", True, 0.1), "b": ("mug", True, 0.1), "c": ("lamp", True, 0.1)}
    assert order(before, after, "fixed") == ["a", "c", "b"]


def test_results_are_right_when_they_carry_the_label_of_the_query():
    answers = {"a": ("lamp", False, 0.0)}
    table = examples(evaluation(answers), evaluation(answers))
    assert table["right_after"][0].tolist() == [False, True]
