"""Which pictures make a batch: a pure function of the seed and the number of the step, so that training can go on."""

from math import ceil

import numpy as np
import numpy.typing as npt

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.pictures.pictures import Pictures

Positions = npt.NDArray[np.int64]


class Sampler:
    """Draws the batches of a training.

    Attributes:
        batch_size: Images in a batch.
        steps_per_epoch: Steps after which as many images were drawn as there are.
    """

    def __init__(self, pictures: Pictures, config: TrainConfig) -> None:
        self._of_class = [np.flatnonzero(pictures.labels == label) for label in range(pictures.classes)]
        self._classes = min(config.classes_per_batch, pictures.classes)
        self._each = config.images_per_class
        self._seed = config.seed
        self.batch_size = self._classes * self._each
        self.steps_per_epoch = ceil(len(pictures) / self.batch_size)

    def batch(self, step: int) -> Positions:
        """Positions int64 ``[batch_size]`` of the pictures of one step, from 0 up."""
        random = np.random.default_rng([self._seed, step])
        drawn = random.choice(len(self._of_class), self._classes, replace=False)
        return np.concatenate([self._some(self._of_class[label], random) for label in drawn])

    def _some(self, positions: Positions, random: np.random.Generator) -> Positions:
        return random.choice(positions, self._each, replace=len(positions) < self._each)
