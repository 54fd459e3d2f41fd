"""The best weights so far, by what the validation labels say."""

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

METRIC = "map_at_r"
Weights = dict[str, Tensor]


@dataclass(slots=True)
class Best:
    """The weights with the highest MAP@R on the validation labels.

    Attributes:
        score: Their MAP@R; below 0 before there are any.
        step: Steps taken before them.
        weights: A copy.
        looks_since: Looks at the validation labels since then.
    """

    score: float = -1.0
    step: int = 0
    weights: Weights = field(default_factory=dict)
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
        self.looks_since = 0 if better else self.looks_since + 1
        if better or keep == "last" or not validation:
            self.score, self.step = max(score, self.score), step
            self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return {name: getattr(self, name) for name in self.__slots__}
