"""The weights that are kept, by what the validation labels say."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import torch
from torch import Tensor

from lookalike_components.train.selection.sureness import falls_behind
from lookalike_components.train.selection.validation import METRIC, Judgement

Weights = dict[str, Tensor]


@dataclass(slots=True)
class Best:
    """The last weights whose MAP@R on the validation labels does not fall behind the highest.

    Few labels tell little: what they seem to say of the last weights is no reason to go back, unless it is more than
    they vary among themselves.

    Attributes:
        score: The highest MAP@R so far; below 0 before there is any.
        by_label: MAP@R of each label with the weights that reached it.
        step: Steps taken before the weights that are kept.
        weights: A copy of them, in main memory.
        validation: What the validation labels said of them.
        looks_since: Looks at the validation labels since the highest score was reached.
    """

    score: float = -1.0
    by_label: list[float] = field(default_factory=list)
    step: int = 0
    weights: Weights = field(default_factory=dict)
    validation: Judgement = field(default_factory=Judgement)
    looks_since: int = 0

    def look(self, validation: Judgement, step: int, weights: Weights, keep: Literal["best", "last"]) -> None:
        """Takes the weights in place of those before, unless they fall behind.

        Args:
            validation: What the validation labels say of them; without any labels, the weights are always taken.
            step: Steps taken before them.
            weights: Of the encoder.
            keep: ``last`` takes them in any case.
        """
        score = validation.means.get(METRIC, self.score)
        if validation.means:
            self.looks_since = 0 if score > self.score else self.looks_since + 1
        if score > self.score:
            self.score, self.by_label = score, validation.by_label
        if keep == "last" or not falls_behind(validation.by_label, self.by_label):
            self.step, self.validation = step, validation
            self.weights = {name: copied(tensor) for name, tensor in weights.items()}

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return {name: getattr(self, name) for name in self.__slots__} | {"validation": asdict(self.validation)}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Self:
        """What had this state."""
        return cls(**{**state, "validation": Judgement(**state["validation"])})


def copied(tensor: Tensor) -> Tensor:
    """A copy in main memory that no later step changes."""
    return tensor.detach().to(torch.device("cpu"), copy=True)
