"""Losses and miners are chosen by name, and what cannot work is refused before anything runs."""

import pytest
import torch
from pytorch_metric_learning.losses import MultiSimilarityLoss, TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch.nn import functional

from lookalike_components.errors import UserError
from lookalike_components.train.objective.names import LOSSES, MINERS, WITHOUT_MINER
from lookalike_components.train.objective.objective import Objective

SHAPE = (4, 8)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """16 vectors of length 1, four of each of four classes."""
    torch.manual_seed(0)
    embeddings = functional.normalize(torch.randn(16, 8)).requires_grad_()
    return embeddings, torch.arange(4).repeat_interleave(4)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_a_gradient(loss: str, batch: tuple[torch.Tensor, torch.Tensor]):
    embeddings, labels = batch
    Objective(loss, {}, "", {}, SHAPE)(embeddings, labels).backward()
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()
    assert embeddings.grad.abs().sum() > 0


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - set(WITHOUT_MINER)))
def test_every_other_loss_takes_a_miner(loss: str, batch: tuple[torch.Tensor, torch.Tensor]):
    assert torch.isfinite(Objective(loss, {}, "MultiSimilarityMiner", {}, SHAPE)(*batch))


@pytest.mark.parametrize("miner", MINERS)
def test_every_miner_works(miner: str, batch: tuple[torch.Tensor, torch.Tensor]):
    assert torch.isfinite(Objective("TripletMarginLoss", {}, miner, {}, SHAPE)(*batch))


def test_is_the_librarys_own_loss_over_the_miners_pairs(batch: tuple[torch.Tensor, torch.Tensor]):
    embeddings, labels = batch
    expected = MultiSimilarityLoss()(embeddings, labels, MultiSimilarityMiner()(embeddings, labels))
    assert Objective("MultiSimilarityLoss", {}, "MultiSimilarityMiner", {}, SHAPE)(embeddings, labels) == expected


def test_options_reach_the_loss(batch: tuple[torch.Tensor, torch.Tensor]):
    assert Objective("TripletMarginLoss", {"margin": 0.3}, "", {}, SHAPE)(*batch) == TripletMarginLoss(0.3)(*batch)


def test_a_whole_number_that_came_as_a_float_is_set_right():
    assert type(Objective("MultiSimilarityLoss", {"beta": 40.0}, "", {}, SHAPE).loss.beta) is int


def test_a_proxy_loss_learns_a_vector_for_each_class():
    assert [part.shape for part in Objective("ProxyAnchorLoss", {}, "", {}, SHAPE).parameters()] == [(4, 8)]


def test_an_unknown_option_is_answered_with_the_options():
    with pytest.raises(UserError) as error:
        Objective("ContrastiveLoss", {"margin": 0.3}, "", {}, SHAPE)
    assert str(error.value) == (
        "the loss ContrastiveLoss has no option 'margin'; it has pos_margin (default 0), neg_margin (default 1)"
    )


def test_a_miner_without_options_says_so():
    with pytest.raises(UserError) as error:
        Objective("TripletMarginLoss", {}, "BatchHardMiner", {"margin": 1}, SHAPE)
    assert str(error.value) == "the miner BatchHardMiner has no option 'margin'; it has none"


def test_a_value_that_the_miner_refuses_is_named():
    with pytest.raises(UserError) as error:
        Objective("TripletMarginLoss", {}, "BatchEasyHardMiner", {"pos_strategy": "odd"}, SHAPE)
    assert str(error.value).startswith(
        "the miner BatchEasyHardMiner does not take the options {'pos_strategy': 'odd'}: "
    )
