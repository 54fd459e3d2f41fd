"""Signs that a training is going wrong, seen at every step."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig

COLLAPSED = 0.05
"""Share of its first value that the spread falls below when embeddings run into one."""

STEPS = 20
"""Steps in a row for which it has to; batches differ, and some losses come back from the brink."""


class DivergenceError(LookalikeError):
    """A training went wrong for good: with other settings, or another variant of them, it may not."""


@dataclass(slots=True)
class Health:
    """What was seen so far.

    Attributes:
        first: Spread of the first batch, see `spread`; below 0 before there was one.
        narrow: Steps in a row in which the spread was far below that.
    """

    first: float = -1.0
    narrow: int = 0

    def check(self, loss: float, gradient: float, spread: float, step: int, rate: float, config: TrainConfig) -> None:
        """Looks at a step.

        Args:
            loss: Of its batch.
            gradient: Length of the gradient over all weights.
            spread: Of the embeddings of its batch.
            step: Its number, from 0 up.
            rate: Its step size.
            config: What is trained, and how.

        Raises:
            DivergenceError: The loss or the gradient is no finite number, or the embeddings have run into one.
        """
        if not isfinite(loss):
            cause = (
                f"the weights to start from, or the options of {config.loss}, are at fault; change these"
                if step == 0
                else f"most often because the learning rate is too high; lower it (it is {rate:g})"
            )
            raise DivergenceError(f"the loss became {loss} in step {step + 1}, {cause} and train again")
        if not isfinite(gradient):
            raise DivergenceError(
                f"the gradient became {gradient} in step {step + 1}, most often because the learning rate is too high; "
                f"lower it (it is {rate:g}), or set train.precision to float32, and train again"
            )
        self.first = spread if self.first < 0 else self.first
        self.narrow = self.narrow + 1 if spread < COLLAPSED * self.first else 0
        if self.narrow >= STEPS:
            raise DivergenceError(
                f"the embeddings have collapsed: in step {step + 1} pictures of different labels have a mean cosine of "
                f"{1 - spread:.4f}, {1 - self.first:.4f} at the start; most often the learning rate is too high (it is "
                f"{rate:g}), or a miner takes the hardest pairs alone; change these and train again"
            )

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return asdict(self)


def spread(embeddings: Tensor, labels: Tensor) -> Tensor:
    """1 less the mean cosine of two pictures of different labels: a scalar near 0 where all embeddings are one.

    Args:
        embeddings: ``[b, d]`` of unit length.
        labels: int64 ``[b]``; where all are the same, the spread is 1.
    """
    different = labels[:, None] != labels
    with torch.no_grad():
        cosines = embeddings @ embeddings.T
        return 1 - torch.where(different, cosines, 0).sum() / different.sum().clamp(min=1)
