"""Every step goes downhill, leaves alone what is to stay, and depends on nothing but weights, batch and its number."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch

from lookalike_components.encoder.model import build
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import World
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.optimizers import OPTIMIZERS
from lookalike_components.train.pictures.loader import Batch
from lookalike_components.train.training import Training, check_shares

CLASSES = 4
TRIPLETS = {"loss": "TripletMarginLoss", "miner": ""}
PROXIES = {"loss": "ProxyAnchorLoss", "miner": ""}


def training(weights: Path, steps: int = 10, **settings: object) -> Training:
    config = TrainConfig(model="resnet18", **settings)
    encoder = build("resnet18", str(weights), 32)
    return Training(encoder, Objective(config, (CLASSES, 512)), steps, config)


def batch(number: int = 0) -> Batch:
    """Noise, four pictures of each class."""
    images = torch.randint(0, 256, (16, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(number))
    return Batch(images, torch.arange(CLASSES).repeat_interleave(4))


def copy_of(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_loss_falls_on_a_batch_seen_again(weights: Path, optimizer: str):
    rate = 1e-4 if optimizer == "RMSprop" else 1e-3  # its first step is ten times as long
    lesson = training(weights, **TRIPLETS, optimizer=optimizer, learning_rate=rate)
    first = lesson.step(batch())
    again = [lesson.step(batch()) for _ in range(4)]
    assert min(again) < first


def test_the_proxies_of_a_loss_are_learned_too(weights: Path):
    lesson = training(weights, **PROXIES)
    before = next(lesson.objective.parameters()).detach().clone()
    lesson.step(batch())
    assert not torch.equal(next(lesson.objective.parameters()), before)


def test_the_schedule_sets_the_step_size_of_every_group(weights: Path):
    lesson = training(
        weights, 2, **PROXIES, schedule="linear", learning_rate=0.1, loss_learning_rate=1.0, optimizer="SGD"
    )
    seen = []
    for number in range(2):
        seen.append(lesson.learning_rate)
        lesson.step(batch(number))
    assert seen == pytest.approx([0.1, 0.05])
    assert [group["lr"] for group in lesson.optimizer.param_groups] == pytest.approx([0.05, 0.5])


def test_frozen_stages_stay_as_they_are_with_their_statistics(weights: Path):
    lesson = training(weights, **TRIPLETS, freeze=0.4, freeze_batch_norm=False)
    before = copy_of(lesson.encoder.state_dict())
    lesson.step(batch())
    changed = moved(before, lesson.encoder.state_dict())
    pointers = {tensor.data_ptr() for stage in lesson.encoder.stages[:2] for tensor in stage.state_dict().values()}
    frozen = {name for name, tensor in lesson.encoder.state_dict().items() if tensor.data_ptr() in pointers}
    assert len(frozen) > 10
    assert not changed & frozen
    assert len(changed) > 60


def test_frozen_batch_normalisation_keeps_its_statistics_and_learns_its_weights(weights: Path):
    lesson = training(weights, **TRIPLETS, freeze_batch_norm=True)
    before = copy_of(lesson.encoder.state_dict())
    lesson.step(batch())
    changed = moved(before, lesson.encoder.state_dict())
    assert {name for name in changed if "running" in name or "tracked" in name} == set()
    assert any(name.endswith("bn1.weight") for name in changed)


def test_with_clipping_the_weights_move_no_further_than_the_clipped_gradient(weights: Path):
    lesson = training(weights, **TRIPLETS, optimizer="SGD", learning_rate=1.0, clip=1e-3, freeze_batch_norm=True)
    before = [parameter.detach().clone() for parameter in lesson.encoder.parameters()]
    lesson.step(batch())
    squares = [(now - then).square().sum() for now, then in zip(lesson.encoder.parameters(), before, strict=True)]
    assert torch.stack(squares).sum().sqrt().item() == pytest.approx(1e-3, rel=1e-3)


def test_the_average_is_what_is_kept(weights: Path):
    lesson = training(weights, **TRIPLETS, average=0.5)
    lesson.step(batch(0))
    after_first = copy_of(lesson.encoder.state_dict())
    lesson.step(batch(1))
    latest, kept = lesson.encoder.state_dict(), lesson.weights()
    assert kept.keys() == latest.keys()
    share = 1 - 2 / 11  # of the latest in the second update, as (1 + 1) / (10 + 1) is below .5
    for name, tensor in latest.items():
        expected = after_first[name].lerp(tensor, share) if tensor.is_floating_point() else tensor
        torch.testing.assert_close(kept[name], expected)
    assert lesson.encoder_now() is not lesson.encoder


SETTINGS = {
    "momentum": {**TRIPLETS, "optimizer": "SGD", "optimizer_options": {"momentum": 0.9}, "average": 0.9},
    "proxies": {**PROXIES, "schedule": "cosine", "warmup": 0.5, "freeze": 0.2},
    "parts": {"freeze_batch_norm": True, "embed_at_once": 6, "layer_decay": 0.5, "clip": 1.0},
    "memory": {"loss": "ContrastiveLoss", "miner": "", "memory": 40, "classes_per_batch": CLASSES},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_restored_training_takes_the_very_same_steps(weights: Path, settings: dict[str, object]):
    unbroken = training(weights, **settings)
    for number in range(2):
        unbroken.step(batch(number))
    state = deepcopy(unbroken.state())
    losses = [unbroken.step(batch(number)) for number in (2, 3)]
    torch.manual_seed(1234)
    resumed = training(weights, **settings)
    resumed.restore(state)
    assert [resumed.step(batch(number)) for number in (2, 3)] == losses
    assert moved(unbroken.weights(), resumed.weights()) == set()
    assert moved(unbroken.encoder.state_dict(), resumed.encoder.state_dict()) == set()


def test_steps_after_a_restoration_leave_the_state_as_it_was(weights: Path):
    lesson = training(weights, **TRIPLETS)
    lesson.step(batch())
    state = deepcopy(lesson.state())
    untouched = deepcopy(state)
    for _ in range(2):
        again = training(weights, **TRIPLETS)
        again.restore(state)
        again.step(batch(1))
    before, after = (each["optimizer"]["state"][0]["exp_avg"] for each in (untouched, state))
    assert torch.equal(before, after)
    assert state["taken"] == 1


def test_bfloat16_learns_nearly_the_same(weights: Path):
    settings = {**TRIPLETS, "optimizer": "SGD", "learning_rate": 1e-3, "freeze_batch_norm": True}
    full, half = (training(weights, **settings, precision=precision) for precision in ("float32", "bfloat16"))
    losses, halved = ([lesson.step(batch(number)) for number in range(2)] for lesson in (full, half))
    assert halved == pytest.approx(losses, abs=0.02)
    assert halved != losses
    assert {tensor.dtype for tensor in half.encoder.parameters()} == {torch.float32}


def test_weights_that_are_no_numbers_end_the_training_in_its_first_step(weights: Path):
    lesson = training(weights, **TRIPLETS)
    with torch.no_grad():
        next(lesson.encoder.parameters()).fill_(float("nan"))
    with pytest.raises(LookalikeError) as error:
        lesson.step(batch())
    assert str(error.value) == (
        "the loss became nan in step 1, the weights to start from, or the options of TripletMarginLoss, are at fault; "
        "change these and train again"
    )
    assert lesson.taken == 0


def test_too_high_a_learning_rate_ends_the_training_with_its_likely_cause(weights: Path):
    lesson = training(weights, **TRIPLETS, optimizer="SGD", learning_rate=1e30, schedule="constant")
    lesson.step(batch())
    with pytest.raises(LookalikeError) as error:
        lesson.step(batch())
    assert str(error.value) == (
        "the loss became nan in step 2, most often because the learning rate is too high; lower it (it is 1e+30) "
        "and train again"
    )


def test_a_batch_too_large_for_the_memory_is_answered_with_what_helps(weights: Path):
    lesson = training(weights, **TRIPLETS)

    def full(*_inputs: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    lesson.objective.register_forward_pre_hook(full)
    with pytest.raises(UserError) as error:
        lesson.step(batch())
    assert str(error.value) == (
        "16 images of 32 px at once are too many for the GPU's memory; set train.embed_at_once to fewer "
        "(with train.freeze_batch_norm), or lower train.classes_per_batch or train.images_per_class"
    )


def test_a_batch_with_fewer_images_than_processes_is_refused():
    with pytest.raises(UserError) as error:
        check_shares(4, World(size=5))
    assert str(error.value) == (
        "a batch has 4 images, too few for 5 processes; "
        "raise train.classes_per_batch or train.images_per_class, or train with fewer processes"
    )


def test_the_shares_of_all_processes_are_the_whole():
    shares = [World(rank, 4).share(10) for rank in range(4)]
    assert [list(range(10))[share] for share in shares] == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]
