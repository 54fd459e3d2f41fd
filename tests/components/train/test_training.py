"""Batches hold the same number of images of each label, and every step goes downhill."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lookalike_components.encoder.model import build
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.training import Training, seed_everything
from lookalike_components.train.distributed.world import ALONE, World


def training(weights: Path, counts: list[int], world: World = ALONE, **settings: object) -> Training:
    """Training on noise: ``counts[i]`` images of label i."""
    labels = np.repeat(np.arange(len(counts)), counts)
    pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 32, 32, 3), dtype=np.uint8)
    config = TrainConfig(model="resnet18", **settings)
    objective = Objective(config.loss, {}, config.miner, {}, (len(counts), 512))
    seed_everything(0)
    return Training(build("resnet18", str(weights), 32), objective, Pictures(pixels, labels), config, world)


def labels_of(training: Training, epochs: int = 1) -> np.ndarray:
    return training.pictures.labels[np.stack(list(training.batches(epochs)))]


def test_a_batch_holds_classes_times_images(weights: Path):
    drawn = labels_of(training(weights, [4] * 10, classes_per_batch=3, images_per_class=2))
    counts = np.apply_along_axis(np.bincount, 1, drawn, minlength=10)
    assert (np.sort(counts)[:, -3:] == 2).all()
    assert (counts.sum(axis=1) == 6).all()


def test_an_epoch_draws_as_many_images_as_there_are(weights: Path):
    drawn = labels_of(training(weights, [4] * 10, classes_per_batch=3, images_per_class=2), epochs=2)
    assert drawn.shape == (2 * 7, 6)


def test_with_few_classes_the_batch_is_smaller(weights: Path):
    assert labels_of(training(weights, [4, 4, 4])).shape == (1, 12)


def test_a_class_with_few_images_gives_some_twice(weights: Path):
    drawn = labels_of(training(weights, [1, 4]))
    assert np.bincount(drawn[0]).tolist() == [4, 4]


def test_the_seed_fixes_the_batches(weights: Path):
    first, second = training(weights, [4] * 10), training(weights, [4] * 10)
    seed_everything(7)
    batches = list(first.batches(2))
    seed_everything(7)
    np.testing.assert_array_equal(list(second.batches(2)), batches)


@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD"])
def test_the_loss_falls_on_a_batch_seen_again(weights: Path, optimizer: str):
    lesson = training(weights, [4] * 4, loss="TripletMarginLoss", miner="", optimizer=optimizer, learning_rate=1e-3)
    batch = next(lesson.batches(1))
    first = lesson.step(batch)
    again = [lesson.step(batch) for _ in range(4)]
    assert min(again) < first


def test_the_proxies_of_a_loss_are_learned_too(weights: Path):
    lesson = training(weights, [4] * 4, loss="ProxyAnchorLoss", miner="")
    before = next(lesson.objective.parameters()).detach().clone()
    lesson.step(next(lesson.batches(1)))
    assert not torch.equal(next(lesson.objective.parameters()), before)


@pytest.mark.parametrize(("schedule", "rates"), [("constant", [1, 1, 1]), ("cosine", [1, 0.5, 0])])
def test_the_schedule_sets_the_step_size(weights: Path, schedule: str, rates: list[float]):
    lesson = training(weights, [4] * 4, schedule=schedule, epochs=2, learning_rate=1.0)
    first, second = lesson.batches(2)
    seen = [
        lesson.learning_rate,
        lesson.step(first) and lesson.learning_rate,
        lesson.step(second) and lesson.learning_rate,
    ]
    assert seen == pytest.approx(rates)


def test_a_loss_that_is_no_number_ends_the_training(weights: Path):
    lesson = training(weights, [4] * 4, loss="TripletMarginLoss", miner="", learning_rate=0.5)
    with torch.no_grad():
        next(lesson.encoder.parameters()).fill_(float("nan"))
    with pytest.raises(LookalikeError) as error:
        lesson.step(next(lesson.batches(1)))
    assert str(error.value) == "the loss became nan; lower the learning rate (it is 0.5) and train again"


def test_a_batch_with_fewer_images_than_processes_is_refused(weights: Path):
    with pytest.raises(UserError) as error:
        training(weights, [4] * 4, World(size=5), classes_per_batch=2, images_per_class=2)
    assert str(error.value) == (
        "a batch has 4 images, too few for 5 processes; "
        "raise train.classes_per_batch or train.images_per_class, or train with fewer processes"
    )


def test_the_shares_of_all_processes_are_the_whole():
    shares = [World(rank, 4).share(10) for rank in range(4)]
    assert [list(range(10))[share] for share in shares] == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]
