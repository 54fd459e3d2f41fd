"""Chance that is a function of the seed, the step and what it is drawn for, never of what was drawn before."""

import numpy as np
import torch
from pytorch_metric_learning.utils import common_functions


def seed_chance(*numbers: int) -> None:
    """Seeds every source of chance that a step has: torch's own, and that of pytorch-metric-learning.

    Args:
        numbers: Seed, step and whatever else tells this draw from others; 0 or more each.
    """
    for_torch, for_numpy = np.random.SeedSequence(numbers).spawn(2)
    torch.manual_seed(int(for_torch.generate_state(1, np.uint64)[0]))
    common_functions.NUMPY_RANDOM = np.random.default_rng(for_numpy)
