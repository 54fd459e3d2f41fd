"""The average follows the weights closely at first and slowly later; whole numbers are the latest."""

import pytest
import torch
from torch import nn

from lookalike_components.train.optimisation.average import Average


@pytest.fixture
def network() -> nn.Module:
    return nn.BatchNorm1d(2)


def set_to(network: nn.Module, value: float) -> nn.Module:
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.fill_(value)
    return network


def test_the_first_weights_are_taken_as_they_are(network: nn.Module):
    average = Average(network, 0.99)
    average.update_parameters(set_to(network, 5))
    assert {tensor.max().item() for tensor in average.module.state_dict().values()} == {5}


def test_an_update_keeps_less_at_first_than_in_the_long_run(network: nn.Module):
    average = Average(network, 0.4)
    average.update_parameters(set_to(network, 0))
    kept = []
    for _ in range(8):
        before = average.module.weight[0].item()
        average.update_parameters(set_to(network, 1))
        kept.append((1 - average.module.weight[0].item()) / (1 - before))
    assert kept == pytest.approx([2 / 11, 3 / 12, 4 / 13, 5 / 14, 0.4, 0.4, 0.4, 0.4], rel=1e-3)


def test_statistics_are_averaged_and_counts_are_the_latest(network: nn.Module):
    average = Average(network, 0.4)
    average.update_parameters(set_to(network, 0))
    average.update_parameters(set_to(network, 11))
    assert average.module.running_mean.tolist() == pytest.approx([9, 9])
    assert average.module.num_batches_tracked.item() == 11


def test_its_state_holds_how_many_updates_there_were(network: nn.Module):
    first, second = Average(network, 0.9), Average(network, 0.9)
    for value in range(3):
        first.update_parameters(set_to(network, value))
    second.load_state_dict(first.state_dict())
    for average in (first, second):
        average.update_parameters(set_to(network, 7))
    assert torch.equal(first.module.weight, second.module.weight)
