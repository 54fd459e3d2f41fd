"""The weights with the highest MAP@R are kept, or the last."""

import torch

from lookalike_components.train.selection.best import Best


def looked(*scores: float, keep: str = "best") -> Best:
    """What is kept after weights that are 0, 1, 2, ... were found this good."""
    best = Best()
    for number, score in enumerate(scores):
        best.look({"map_at_r": score}, number, {"w": torch.tensor([float(number)])}, keep)
    return best


def test_the_highest_score_wins():
    best = looked(0.2, 0.6, 0.4)
    assert (best.step, best.score, best.weights["w"].item(), best.validation) == (1, 0.6, 1.0, {"map_at_r": 0.6})


def test_of_equals_the_first_is_kept():
    assert looked(0.5, 0.5).step == 0


def test_the_last_is_kept_where_that_was_asked_for():
    best = looked(0.2, 0.6, 0.4, keep="last")
    assert (best.step, best.weights["w"].item(), best.validation["map_at_r"]) == (2, 2.0, 0.4)


def test_looks_without_a_gain_are_counted():
    assert looked(0.6, 0.4, 0.5).looks_since == 2
    assert looked(0.6, 0.4, 0.7).looks_since == 0
    assert looked(0.6, 0.4, 0.5, keep="last").looks_since == 2


def test_without_validation_the_last_is_kept_and_patience_does_not_run_out():
    best = Best()
    for step in (1, 2, 3):
        best.look({}, step, {"w": torch.zeros(1)}, "best")
    assert (best.step, best.looks_since) == (3, 0)


def test_later_steps_do_not_change_what_is_kept():
    weights = {"w": torch.ones(1)}
    best = Best()
    best.look({"map_at_r": 0.5}, 1, weights, "best")
    weights["w"] += 1
    assert best.weights["w"].item() == 1.0


def test_its_state_makes_the_same_again():
    best = looked(0.2, 0.6, 0.4)
    assert Best(**best.state()) == best
