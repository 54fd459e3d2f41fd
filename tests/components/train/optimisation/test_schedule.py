"""The step size is a function of the step's number, rises while it warms up, and never reaches 0 before the end."""

import pytest

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.optimisation.schedule import factor


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25]),
        ("cosine", [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4]),
    ],
)
def test_a_schedule_falls_to_nothing_just_after_the_last_step(schedule: str, factors: list[float]):
    config = TrainConfig(schedule=schedule, warmup=0)
    assert [factor(config, step, 4) for step in range(4)] == pytest.approx(factors)


def test_warming_up_rises_from_above_nothing_to_the_whole():
    config = TrainConfig(schedule="linear", warmup=0.4)
    assert [factor(config, step, 10) for step in range(6)] == pytest.approx([0.25, 0.5, 0.75, 1, 1, 5 / 6])


def test_all_steps_may_warm_up():
    config = TrainConfig(schedule="cosine", warmup=1.0)
    assert [factor(config, step, 4) for step in range(4)] == pytest.approx([0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_every_step_has_a_size(schedule: str, steps: int):
    config = TrainConfig(schedule=schedule, warmup=0.1)
    assert all(0 < factor(config, step, steps) <= 1 for step in range(steps))
