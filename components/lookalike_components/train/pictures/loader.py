"""Batches ready to be embedded, prepared ahead of the step that takes them."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Barrier

import numpy as np
import torch
from torch import Tensor

from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.sampler import Sampler

AHEAD = 2
"""Batches that each thread has made, or has under way, before they are asked for."""
MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from.

    Attributes:
        images: uint8 ``[share, size, size, 3]``, this process's part of the batch; in pinned memory where there is a
            GPU, so that they go there while it works.
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
        """The batches of the steps from ``first`` up to ``stop``, which is not included.

        They are made by threads, a few ahead of who takes them. What fails there fails here, at the batch that it
        belongs to. The threads end with the iterator.
        """
        threads = min(max(1, torch.get_num_threads() // 2), MOST_THREADS)  # the other cores are busy with the step
        soon = min(stop, first + AHEAD * threads)
        pool = _pool(threads)
        try:
            ahead = deque(pool.submit(self._made, step) for step in range(first, soon))
            for next_one in range(soon, soon + stop - first):
                started = time.monotonic()
                batch = ahead.popleft().result()
                waited = time.monotonic() - started
                if next_one < stop:
                    ahead.append(pool.submit(self._made, next_one))
                yield replace(batch, waited=waited)
        finally:
            pool.shutdown(cancel_futures=True)

    def _made(self, step: int) -> Batch:
        positions = self._sampler.batch(step)
        share = self._world.share(len(positions))
        randoms = [np.random.default_rng([self._seed, step, place]) for place in range(share.start, share.stop)]
        images = torch.from_numpy(self._pictures.take(positions[share]))
        varied = self._augmentation(images, self._size_of(step), randoms)
        return Batch(
            varied.pin_memory() if torch.cuda.is_available() else varied,
            torch.from_numpy(self._sampler.labels[positions]),
        )


def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads in which torch works without further threads, which would fight with those of the step for the cores."""
    of_the_step = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "batches", torch.set_num_threads, (1,))
    together = Barrier(threads)
    wait([pool.submit(together.wait) for _ in range(threads)])
    torch.set_num_threads(of_the_step)  # MKL has one number for the whole process
    return pool
