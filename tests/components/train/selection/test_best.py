"""The last weights are kept that do not surely fall behind the best."""

import torch

from lookalike_components.train.selection.best import Best
from lookalike_components.train.selection.validation import Judgement


def judged(*by_label: float) -> Judgement:
    return Judgement({"map_at_r": sum(by_label) / len(by_label)}, list(by_label))


def looked(*judgements: Judgement, keep: str = "best") -> Best:
    """What is kept after weights that are 0, 1, 2, ... were judged like this."""
    best = Best()
    for number, judgement in enumerate(judgements):
        best.look(judgement, number, {"w": torch.tensor([float(number)])}, keep)
    return best


GOOD, FAIR, POOR = judged(0.6, 0.7), judged(0.5, 0.6), judged(0.2, 0.3)


def test_the_highest_score_wins_where_all_labels_say_so():
    best = looked(POOR, GOOD, FAIR)
    assert (best.step, best.weights["w"].item(), best.validation) == (1, 1.0, GOOD)
    assert best.score == GOOD.means["map_at_r"]


def test_of_equals_the_last_is_kept():
    assert looked(FAIR, FAIR).step == 1


def test_where_the_labels_disagree_the_last_is_kept():
    assert looked(GOOD, judged(0.9, 0.3)).step == 1


def test_one_label_is_no_reason_to_go_back():
    assert looked(judged(0.9), judged(0.1)).step == 1


def test_many_small_losses_do_not_hide_a_large_one():
    best = looked(judged(0.6, 0.7), judged(0.59, 0.7), judged(0.5, 0.6))
    assert best.step == 1


def test_the_last_is_kept_where_that_was_asked_for():
    best = looked(POOR, GOOD, FAIR, keep="last")
    assert (best.step, best.weights["w"].item(), best.validation) == (2, 2.0, FAIR)


def test_looks_without_a_gain_are_counted():
    assert looked(GOOD, POOR, FAIR).looks_since == 2
    assert looked(FAIR, POOR, GOOD).looks_since == 0
    assert looked(GOOD, POOR, FAIR, keep="last").looks_since == 2


def test_without_validation_the_last_is_kept_and_patience_does_not_run_out():
    best = Best()
    for step in (1, 2, 3):
        best.look(Judgement(), step, {"w": torch.zeros(1)}, "best")
    assert (best.step, best.looks_since) == (3, 0)


def test_later_steps_do_not_change_what_is_kept():
    weights = {"w": torch.ones(1)}
    best = Best()
    best.look(FAIR, 1, weights, "best")
    weights["w"] += 1
    assert best.weights["w"].item() == 1.0


def test_its_state_makes_the_same_again():
    best = looked(POOR, GOOD, FAIR)
    assert Best.restored(best.state()) == best
