"""How large a step is: a pure function of its number, so that a training can go on from any step."""

from math import cos, pi

from lookalike_components.train.config import TrainConfig


def factor(config: TrainConfig, step: int, steps: int) -> float:
    """What the learning rates are multiplied with at a step.

    Args:
        config: Names the schedule and the share of the steps that warm up.
        step: From 0 up to ``steps``, which is not included.
        steps: Steps in all.

    Returns:
        Above 0, 1 at most.
    """
    warming = round(config.warmup * steps)
    if step < warming:
        return (step + 1) / warming
    done = (step - warming) / max(1, steps - warming)
    return {"constant": 1.0, "cosine": (1 + cos(pi * done)) / 2, "linear": 1 - done}[config.schedule]
