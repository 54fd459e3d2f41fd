"""A process of a training in float64, where sharing the work must not change a digit that counts.

In float32 the gradients of an untrained network differ by per cents when sums are taken in another order.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lookalike_components.encoder.model import Encoder, build
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.training import Training, seed_everything
from lookalike_components.train.distributed.world import World, joined

CLASSES = 8


class Precise(Encoder):
    """An encoder without the float32 of its input and output."""

    def forward(self, images: Tensor) -> Tensor:
        pixels = (images.permute(0, 3, 1, 2).double() - self.mean) / self.std
        return functional.normalize(self.backbone(pixels), dim=1)


def steps(weights: str, loss: str, world: World) -> dict[str, Tensor]:
    """Losses, weights and running statistics after three steps on noise."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (4 * CLASSES, 32, 32, 3), dtype=np.uint8)
    config = TrainConfig(
        loss=loss, miner="", optimizer="SGD", learning_rate=0.05, classes_per_batch=5, images_per_class=3
    )
    seed_everything(0)
    objective = Objective(loss, {}, "", {}, (CLASSES, 512)).double()
    encoder = build("resnet18", weights, 32)
    encoder.__class__ = Precise
    pictures = Pictures(pixels, np.repeat(np.arange(CLASSES), 4))
    training = Training(encoder.double(), objective, pictures, config, world)
    losses = [training.step(batch) for batch in training.batches(1)]
    return {"losses": torch.tensor(losses), **encoder.state_dict(), **objective.state_dict()}


if __name__ == "__main__":
    weights, *losses, folder = sys.argv[1:]
    with joined() as world:
        torch.save(
            {loss: steps(weights, loss, world) for loss in losses}, Path(folder, f"{world.rank} of {world.size}")
        )
