"""A training that goes wrong is stopped with its likely cause, and one that does not is let go on."""

import pytest
import torch
from torch.nn import functional

from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.optimisation.health import STEPS, Health, spread

CONFIG = TrainConfig()


def watch(health: Health, spreads: list[float], step: int = 0) -> None:
    for number, width in enumerate(spreads, step):
        health.check(1.0, 1.0, width, number, 0.001, CONFIG)


def test_the_spread_is_the_distance_from_one_of_the_mean_cosine_between_labels():
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    labels = torch.tensor([0, 0, 1, 2])
    assert spread(vectors, labels).item() == pytest.approx(1 - (0 + 0 + 0.6 + 0.6 + 0.8) / 5)


def test_the_spread_agrees_with_the_slow_definition():
    vectors, labels = functional.normalize(torch.randn(12, 5), dim=1), torch.arange(12) % 3
    cosines = [float(a @ b) for i, a in enumerate(vectors) for j, b in enumerate(vectors) if labels[i] != labels[j]]
    assert spread(vectors, labels).item() == pytest.approx(1 - sum(cosines) / len(cosines), abs=1e-6)


def test_with_one_label_there_is_nothing_to_see():
    assert spread(torch.ones(3, 1), torch.zeros(3, dtype=torch.int64)).item() == 1


def test_embeddings_that_run_into_one_stop_the_training():
    health = Health()
    watch(health, [0.5] * 3 + [0.02] * (STEPS - 1))
    with pytest.raises(LookalikeError) as error:
        watch(health, [0.02], step=STEPS + 2)
    assert str(error.value) == (
        "the embeddings have collapsed: in step 23 pictures of different labels have a mean cosine of 0.9800, 0.5000 "
        "at the start; most often the learning rate is too high (it is 0.001), or a miner takes the hardest pairs "
        "alone; change these and train again"
    )


def test_embeddings_that_were_close_from_the_start_are_no_collapse():
    watch(Health(), [0.01] * 100)


def test_embeddings_that_come_apart_again_are_no_collapse():
    watch(Health(), [0.5, *[0.02] * (STEPS - 1), 0.1] * 3)


def test_what_was_seen_survives_a_checkpoint():
    health = Health()
    watch(health, [0.5] + [0.02] * (STEPS - 1))
    with pytest.raises(LookalikeError, match="collapsed"):
        watch(Health(**health.state()), [0.02])


def test_a_gradient_that_is_no_number_stops_the_training():
    with pytest.raises(LookalikeError) as error:
        Health().check(1.0, float("inf"), 0.5, 7, 0.01, CONFIG)
    assert str(error.value) == (
        "the gradient became inf in step 8, most often because the learning rate is too high; lower it (it is 0.01), "
        "or set train.precision to float32, and train again"
    )
