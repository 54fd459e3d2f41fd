"""A process of a training in float64, where sharing the work must not change a digit that counts.

In float32 the gradients of an untrained network differ by per cents when sums are taken in another order.
"""

import json
import sys
from pathlib import Path

import torch
from torch import Tensor

from lookalike_components.encoder.model import build
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import World, joined
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.loader import Batch
from lookalike_components.train.training import Training

CLASSES, BATCH, STEPS = 5, 15, 2
USUAL = {"optimizer": "SGD", "learning_rate": 0.05, "miner": "", "classes_per_batch": CLASSES, "images_per_class": 3}


def batch(step: int, world: World) -> Batch:
    """Noise, three pictures of each class; they cannot be shared evenly by two."""
    chance = torch.Generator().manual_seed(step)
    images = torch.randint(0, 256, (BATCH, 32, 32, 3), dtype=torch.uint8, generator=chance)
    return Batch(images[world.share(BATCH)], torch.arange(CLASSES).repeat_interleave(3))


def steps(weights: str, settings: dict[str, object], world: World) -> dict[str, Tensor]:
    """Losses, and the weights and running statistics that would be kept, after a few steps on noise."""
    config = TrainConfig(model="resnet18", **USUAL | settings)
    encoder, objective = build("resnet18", weights, 32).double(), Objective(config, (CLASSES, 512)).double()
    training = Training(encoder, objective, STEPS, config, world)
    losses = [training.step(batch(step, world)) for step in range(STEPS)]
    learned = {f"objective.{name}": part for name, part in objective.state_dict().items() if isinstance(part, Tensor)}
    return {"losses": torch.tensor(losses), **training.weights(), **learned}


if __name__ == "__main__":
    weights, cases, folder = sys.argv[1:]
    with joined() as world:
        torch.save(
            [steps(weights, settings, world) for settings in json.loads(cases)],
            Path(folder, f"{world.rank} of {world.size}"),
        )
