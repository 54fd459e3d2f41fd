"""The loss compares with earlier batches, and a memory from a checkpoint goes on as the one that was kept."""

from pathlib import Path

import torch
from pytorch_metric_learning.losses import ContrastiveLoss
from torch import Tensor
from torch.nn import functional

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.memory import Memory
from lookalike_components.train.objective.objective import Objective


def objective(memory: int = 6) -> Objective:
    settings = {"classes_per_batch": 2, "images_per_class": 2, "memory": memory}
    return Objective(TrainConfig(loss="ContrastiveLoss", miner="", **settings), (2, 8))


def batches(number: int) -> list[tuple[Tensor, Tensor]]:
    torch.manual_seed(0)
    return [(functional.normalize(torch.randn(4, 8)), torch.tensor([0, 0, 1, 1])) for _ in range(number)]


def test_the_first_batch_is_compared_with_itself():
    [batch] = batches(1)
    torch.testing.assert_close(objective()(*batch), ContrastiveLoss()(*batch))


def test_the_second_batch_is_compared_with_the_first_too():
    """With room for both, the pairs are those of each later image with all earlier and all other later ones."""
    (earlier, labels), (later, _) = batches(2)
    own = objective(memory=8)
    own(earlier, labels)
    images, theirs = torch.cat([earlier, later]), labels.repeat(2)
    itself = torch.arange(4)[:, None] + 4 == torch.arange(8)
    positive = torch.where((labels[:, None] == theirs) & ~itself)
    negative = torch.where(labels[:, None] != theirs)
    expected = ContrastiveLoss()(later, labels, (*positive, *negative), images, theirs)
    torch.testing.assert_close(own(later, labels), expected)


def test_a_memory_from_a_file_goes_on_as_the_one_that_was_kept(tmp_path: Path):
    unbroken, restored = objective(), objective()
    *before, after = batches(3)
    for batch in before:
        unbroken(*batch)
    torch.save(unbroken.state_dict(), tmp_path / "state")
    restored.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    assert torch.equal(restored(*after), unbroken(*after))


def test_the_state_is_of_tensors_and_plain_values():
    memory = Memory(ContrastiveLoss(), 8, 6)
    memory(*batches(1)[0])
    assert memory.get_extra_state() == {"queue_idx": 4, "has_been_filled": False}


def test_no_gradient_reaches_what_is_remembered():
    own, ((earlier, labels), (later, _)) = objective(), batches(2)
    earlier.requires_grad_()
    own(earlier, labels).backward()
    given = earlier.grad.clone()
    own(later.requires_grad_(), labels).backward()
    assert torch.equal(earlier.grad, given)
