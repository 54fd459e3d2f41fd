"""A loss of pytorch-metric-learning and its miner, with their options checked before anything runs."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

from pytorch_metric_learning import losses, miners
from torch import Tensor, nn

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.names import PROXY_LOSSES

Options = Mapping[str, Any]

SHAPE = ("num_classes", "embedding_size")


class Objective(nn.Module):
    """What training lowers: a loss, over the pairs or triplets that a miner picks where there is one.

    Proxy losses learn one or more vectors for each class; these are parameters of this module.

    Args:
        config: Names the loss and the miner, and their options.
        shape: Number of classes and length of an embedding, which proxy losses are made for.

    Raises:
        UserError: The loss or the miner has no such option, or refuses its value.
    """

    def __init__(self, config: TrainConfig, shape: tuple[int, int]) -> None:
        super().__init__()
        proxies = dict(zip(SHAPE, shape, strict=True)) if config.loss in PROXY_LOSSES else {}
        self.loss = _make("loss", getattr(losses, config.loss), config.loss_options, proxies)
        self.miner = _make("miner", getattr(miners, config.miner), config.miner_options) if config.miner else None

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            embeddings: float32 ``[b, d]``.
            labels: int64 ``[b]``, from 0 up to the number of classes.

        Returns:
            A float32 scalar, 0 or more for most losses.
        """
        mined = self.miner(embeddings, labels) if self.miner else None
        loss: Tensor = self.loss(embeddings, labels, mined)
        return loss


def _make(role: str, kind: Any, options: Options, given: Options | None = None) -> nn.Module:
    name, known = kind.__name__, _options(kind)
    for option in options:
        if option not in known:
            raise UserError(f"the {role} {name} has no option {option!r}; {_offer(known)}")
    try:
        made: nn.Module = kind(**_whole_numbers(options, known), **(given or {}))
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError(f"the {role} {name} does not take the options {dict(options)}: {error}") from error
    return made


def _options(kind: Any) -> dict[str, Any]:
    """The options that a loss or miner names itself, with their defaults."""
    unnamed = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    parts = signature(kind).parameters.values()
    return {part.name: part.default for part in parts if part.kind not in unnamed and part.name not in SHAPE}


def _offer(known: Options) -> str:
    if not known:
        return "it has none"
    return "it has " + ", ".join(f"{name} (default {default!r})" for name, default in known.items())


def _whole_numbers(options: Options, known: Options) -> dict[str, Any]:
    """The options with 3.0 for 3 set right, as KFP hands every number inside a dictionary over as a float."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() and isinstance(known[name], int) else value
        for name, value in options.items()
    }
