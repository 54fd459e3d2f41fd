"""The objective is the library's loss over its miner's pairs, and remembers nothing outside its state."""

import pytest
import torch
from pytorch_metric_learning.losses import MultiSimilarityLoss, TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor
from torch.nn import functional

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.names import LOSSES
from lookalike_components.train.objective.objective import Objective

SHAPE = (4, 8)


def objective(**settings: object) -> Objective:
    small = {"classes_per_batch": 4, "images_per_class": 4, "loss": "MultiSimilarityLoss"}
    small |= {"miner": "MultiSimilarityMiner"}
    return Objective(TrainConfig(**{**small, **settings}), SHAPE)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """16 vectors of length 1, four of each of four classes."""
    torch.manual_seed(0)
    return functional.normalize(torch.randn(16, 8)), torch.arange(4).repeat_interleave(4)


def test_is_the_librarys_own_loss_over_the_miners_pairs(batch: tuple[Tensor, Tensor]):
    expected = MultiSimilarityLoss()(*batch, MultiSimilarityMiner()(*batch))
    assert objective()(*batch) == expected


def test_options_reach_the_loss(batch: tuple[Tensor, Tensor]):
    own = objective(loss="TripletMarginLoss", loss_options={"margin": 0.3}, miner="")
    assert own(*batch) == TripletMarginLoss(0.3)(*batch)


def test_options_reach_the_miner(batch: tuple[Tensor, Tensor]):
    expected = MultiSimilarityLoss()(*batch, MultiSimilarityMiner(0.7)(*batch))
    assert objective(miner_options={"epsilon": 0.7})(*batch) == expected


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.compares == "classes"])
def test_what_a_loss_learns_for_the_classes_are_its_parameters(loss: str):
    [vectors] = objective(loss=loss, miner="").parameters()
    assert 8 in vectors.shape
    assert vectors.numel() % 32 == 0


def test_a_learned_limit_is_a_parameter_too():
    assert len([*objective(loss="MarginLoss", loss_options={"learn_beta": True, "nu": 0.1}).parameters()]) == 1


def test_the_seed_fixes_what_is_learned_for_the_classes():
    first, second, other = (next(objective(loss="ArcFaceLoss", miner="", seed=seed).parameters()) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_making_one_leaves_chance_as_it_was():
    torch.manual_seed(0)
    objective(loss="ArcFaceLoss", miner="")
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.rand(1) == drawn


def test_the_first_numbers_are_a_sum_of_losses_of_vectors_of_length_1(batch: tuple[Tensor, Tensor]):
    embeddings, labels = batch
    lengths = [functional.normalize(embeddings[:, :length], dim=1) for length in (2, 4)]
    single = objective(miner="")
    expected = sum(single(part, labels) for part in [*lengths, embeddings])
    torch.testing.assert_close(objective(miner="", matryoshka=[2, 4])(embeddings, labels), expected)


def test_first_numbers_are_brought_to_length_1_for_losses_that_look_at_lengths(batch: tuple[Tensor, Tensor]):
    embeddings, labels = batch
    own = objective(loss="SphereFaceLoss", miner="", matryoshka=[4])
    expected = own.losses[0](functional.normalize(embeddings[:, :4], dim=1), labels) + own.losses[1](*batch)
    torch.testing.assert_close(own(*batch), expected)


def test_each_length_has_vectors_of_its_own():
    own = objective(loss="ProxyAnchorLoss", miner="", matryoshka=[2, 4])
    assert [part.shape[1] for part in own.parameters()] == [2, 4, 8]


def test_lengths_that_an_embedding_does_not_have_are_refused():
    with pytest.raises(UserError) as error:
        objective(matryoshka=[4, 8])
    assert str(error.value) == (
        "matryoshka has the length 8, but an embedding has 8 numbers; leave lengths out that are not below"
    )


def test_the_least_likely_images_take_no_part(batch: tuple[Tensor, Tensor]):
    embeddings, labels = batch
    embeddings.requires_grad_()
    objective(miner="", label_noise=0.25)(embeddings, labels).backward()
    assert embeddings.grad is not None
    assert int((embeddings.grad.abs().sum(dim=1) == 0).sum()) == 4
