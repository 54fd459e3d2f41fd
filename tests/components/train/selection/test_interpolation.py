"""Weights are mixed in a straight line, and the share with the highest MAP@R is chosen."""

import pytest
import torch

from lookalike_components.train.selection.interpolation import best_share, mixed
from lookalike_components.train.selection.validation import Judgement

BEFORE = {"w": torch.tensor([0.0, 2.0]), "batches": torch.tensor(0)}
AFTER = {"w": torch.tensor([4.0, 4.0]), "batches": torch.tensor(7)}


@pytest.mark.parametrize(("share", "expected"), [(0.0, [0, 2]), (0.25, [1, 2.5]), (1.0, [4, 4])])
def test_a_share_of_the_way_from_before_to_after(share: float, expected: list[float]):
    torch.testing.assert_close(mixed(BEFORE, AFTER, share)["w"], torch.tensor(expected, dtype=torch.float32))


def test_counts_are_those_after():
    assert mixed(BEFORE, AFTER, 0.25)["batches"].item() == 7


def judged(*by_label: float) -> Judgement:
    return Judgement({"map_at_r": sum(by_label) / len(by_label)}, list(by_label))


def test_the_share_with_the_highest_score_is_chosen_where_all_labels_say_so():
    scores = {0.5: judged(0.3, 0.2), 0.7: judged(0.6, 0.5), 1.0: judged(0.4, 0.3)}
    assert best_share([0.5, 0.7, 1.0], scores.__getitem__) == (0.7, scores[0.7])


def test_a_larger_share_is_chosen_where_the_labels_disagree():
    scores = {0.5: judged(0.3, 0.2), 0.7: judged(0.6, 0.5), 1.0: judged(0.3, 0.7)}
    assert best_share([0.5, 0.7, 1.0], scores.__getitem__) == (1.0, scores[1.0])


def test_of_equals_the_largest_is_chosen():
    assert best_share([0.5, 1.0, 0.7], lambda _: judged(0.5, 0.5))[0] == 1.0


def test_without_validation_labels_it_is_the_largest():
    assert best_share([0.5, 0.7], lambda _: Judgement()) == (0.7, Judgement())
