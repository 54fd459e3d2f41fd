"""The best weights so far, by what the validation labels say."""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

METRIC = "map_at_r"
Weights = dict[str, Tensor]


@dataclass(slots=True)
class Best:
    """The weights with the highest MAP@R on the validation labels.

    Attributes:
        score: The highest MAP@R so far; below 0 before there is any.
        step: Steps taken before the weights that are kept.
        weights: A copy of them, in main memory.
        validation: What the validation labels said of them.
        looks_since: Looks at the validation labels since the score was reached.
    """

    score: float = -1.0
    step: int = 0
    weights: Weights = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    looks_since: int = 0

    def look(self, validation: dict[str, float], step: int, weights: Weights, keep: Literal["best", "last"]) -> None:
        """Takes the weights in place of those before where they are better.

        Args:
            validation: Metrics on the validation labels; without any, the weights are always taken.
            step: Steps taken before them.
            weights: Of the encoder.
            keep: ``last`` takes them in any case.
        """
        score = validation.get(METRIC, self.score)
        better = score > self.score
        if validation:
            self.looks_since = 0 if better else self.looks_since + 1
        if better or keep == "last" or not validation:
            self.step, self.validation = step, validation
            self.weights = {name: copied(tensor) for name, tensor in weights.items()}
        self.score = max(score, self.score)

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return {name: getattr(self, name) for name in self.__slots__}


def copied(tensor: Tensor) -> Tensor:
    """A copy in main memory that no later step changes."""
    return tensor.detach().to(torch.device("cpu"), copy=True)
