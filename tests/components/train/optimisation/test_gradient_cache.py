"""Parts of a batch, one after the other, give the gradient of the whole."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.encoder.model import build
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.gradient_cache import descend, parts_of
from lookalike_components.train.optimisation.parameters import learning

LABELS = torch.arange(4).repeat_interleave(3)


@pytest.mark.parametrize("settings", [{}, {"loss": "ProxyAnchorLoss", "miner": ""}], ids=["pairs", "proxies"])
@pytest.mark.parametrize("parts", [2, 5, 12])
def test_in_double_precision_every_digit_of_the_gradient_agrees(weights: Path, settings: dict[str, str], parts: int):
    config = TrainConfig(freeze_batch_norm=True, **settings)
    encoder = build("resnet18", str(weights), 32, dimension=8).double()
    objective = Objective(config, (4, 8)).double()
    learning(encoder, config)
    images = torch.randint(0, 256, (12, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))

    def descended(parts: int) -> list[Tensor]:
        learned = [*encoder.parameters(), *objective.parameters()]
        for parameter in learned:
            parameter.grad = None
        loss = descend(lambda _, part: encoder(part), images, parts, lambda vectors: objective(vectors, LABELS))
        return [loss, *(parameter.grad for parameter in learned)]

    torch.testing.assert_close(descended(parts), descended(1), rtol=1e-9, atol=1e-12)


def test_a_part_that_is_embedded_again_drops_out_what_it_dropped_before():
    torch.manual_seed(0)
    network, images = nn.Sequential(nn.Linear(6, 5), nn.Dropout(0.5)).double(), torch.randn(7, 6).double()

    def embed(number: int, part: Tensor) -> Tensor:
        torch.manual_seed(number)
        return functional.normalize(network(part) + 1, dim=1)

    def loss_of(vectors: Tensor) -> Tensor:
        return (vectors @ vectors.T).square().sum()

    descend(embed, images, 3, loss_of)
    in_parts = network[0].weight.grad.clone()
    network[0].weight.grad = None
    loss_of(torch.cat([embed(number, part) for number, part in enumerate(images.tensor_split(3))])).backward()
    torch.testing.assert_close(in_parts, network[0].weight.grad, rtol=1e-9, atol=1e-12)


def test_a_graph_has_the_pictures_of_one_part_only():
    sizes = []

    def embed(_number: int, part: Tensor) -> Tensor:
        sizes.append((len(part), torch.is_grad_enabled()))
        return part.clone().requires_grad_()

    descend(embed, torch.ones(5, 2), 3, Tensor.sum)
    assert sizes == [(2, False), (2, False), (1, False), (2, True), (2, True), (1, True)]


def test_a_batch_in_one_part_is_embedded_once():
    calls = []

    def embed(number: int, part: Tensor) -> Tensor:
        calls.append(number)
        return part.clone().requires_grad_()

    descend(embed, torch.ones(5, 2), 1, Tensor.sum)
    assert calls == [0]


@pytest.mark.parametrize(
    ("length", "most", "processes", "parts"),
    [(64, 0, 1, 1), (64, 64, 1, 1), (64, 63, 1, 2), (15, 7, 2, 2), (15, 8, 2, 1)],
)
def test_all_processes_have_as_many_parts_as_the_largest_share_needs(
    length: int, most: int, processes: int, parts: int
):
    assert parts_of(length, most, processes) == parts
