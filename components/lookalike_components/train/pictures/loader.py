"""Batches ready to be embedded, prepared ahead of the step that takes them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.sampler import Sampler


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from.

    Attributes:
        images: uint8 ``[share, size, size, 3]``, this process's part of the batch.
        labels: int64 ``[b]``, of the whole batch.
        waited: Seconds that the step waited for it.
    """

    images: Tensor
    labels: Tensor
    waited: float = 0.0


class Loader:
    """Makes the batches of a training; each is a pure function of the seed and its step.

    Args:
        pictures: What is trained on.
        sampler: Which of them make a batch.
        augmentation: How they are varied.
        size_of: Side of the pictures at a step, in pixels.
        seed: Of what chance the augmentation has.
        world: The processes that share each batch.
    """

    def __init__(
        self,
        pictures: Pictures,
        sampler: Sampler,
        augmentation: Augmentation,
        size_of: Callable[[int], int],
        seed: int,
        world: World = ALONE,
    ) -> None:
        self._pictures = pictures
        self._sampler = sampler
        self._augmentation = augmentation
        self._size_of = size_of
        self._seed = seed
        self._world = world

    @property
    def batch_size(self) -> int:
        """Images in a batch, of all processes together."""
        return self._sampler.batch_size

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        """The batches of the steps from ``first`` up to ``stop``, which is not included."""
        for step in range(first, stop):
            started = time.monotonic()
            batch = self._made(step)
            yield Batch(batch.images, batch.labels, time.monotonic() - started)

    def _made(self, step: int) -> Batch:
        positions = self._sampler.batch(step)
        share = self._world.share(len(positions))
        randoms = [np.random.default_rng([self._seed, step, place]) for place in range(share.start, share.stop)]
        images = torch.from_numpy(self._pictures.take(positions[share]))
        varied = self._augmentation(images, self._size_of(step), randoms)
        return Batch(varied, torch.from_numpy(self._pictures.labels[positions]))
