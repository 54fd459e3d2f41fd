"""What is drawn depends on the numbers that it is drawn for alone."""

import torch
from pytorch_metric_learning.utils import common_functions

from lookalike_components.train.optimisation.chance import seed_chance


def drawn(*numbers: int) -> tuple[float, int]:
    seed_chance(*numbers)
    return torch.rand(()).item(), int(common_functions.NUMPY_RANDOM.choice(2**31))


def test_the_same_numbers_draw_the_same_whatever_was_drawn_before():
    first = drawn(3, 14)
    drawn(15, 9)
    assert drawn(3, 14) == first


def test_other_numbers_draw_otherwise():
    draws = {drawn(*numbers) for numbers in [(0, 0), (0, 1), (1, 0), (0, 0, 1), (0, 0, 1, 1)]}
    assert len({number for number, _ in draws}) == len({number for _, number in draws}) == 5
