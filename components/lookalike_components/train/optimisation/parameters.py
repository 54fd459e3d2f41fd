"""Which weights learn, and how fast."""

from typing import Any

from torch import nn
from torch.nn import Parameter

from lookalike_components.encoder.model import Encoder
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig


def freeze(encoder: Encoder, config: TrainConfig) -> None:
    """Takes the frozen stages out of what learns.

    Nothing that depends on them alone needs a gradient then, so that autograd keeps nothing of their forward pass and
    the backward pass ends above them.

    Raises:
        UserError: Nothing is left to learn.
    """
    for stage in frozen(encoder, config):
        stage.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in encoder.parameters()):
        raise UserError(
            f"train.freeze is {config.freeze:g}, which leaves nothing of the encoder to learn; set it lower, "
            "or give the encoder a head with train.dimension"
        )


def frozen(encoder: Encoder, config: TrainConfig) -> list[nn.Module]:
    """The stages that stay as they are: ``config.freeze`` of all, rounded, from the pixels up."""
    return encoder.stages[: round(config.freeze * len(encoder.stages))]


def learning(encoder: Encoder, config: TrainConfig) -> None:
    """Puts an encoder into training mode, except for what stays as it is."""
    encoder.train()
    for stage in frozen(encoder, config):
        stage.eval()
    if config.freeze_batch_norm:
        for module in encoder.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def groups(encoder: Encoder, objective: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """The parameter groups of the optimizer, one for each pair of step size and weight decay.

    The top stage of the backbone learns at ``learning_rate``, each stage below at ``layer_decay`` times the rate of the
    one above (Clark et al., ELECTRA, ICLR 2020; Bao et al., BEiT, ICLR 2022). A new head learns at
    ``head_learning_rate``, one that an encoder brings along at ``learning_rate``. Biases, the weights of normalisations
    and whatever else is no matrix are not decayed. What is frozen is in no group.
    """
    known = {id(parameter) for parameter in encoder.backbone.parameters()}
    head = [parameter for parameter in encoder.parameters() if id(parameter) not in known]
    rated = [
        *(
            (stage.parameters(), config.learning_rate * config.layer_decay**below)
            for below, stage in enumerate(reversed(encoder.stages))
        ),
        (head, config.learning_rate if encoder.config.parent else config.head_learning_rate),
        (objective.parameters(), config.loss_learning_rate),
    ]
    found: dict[tuple[float, float], list[Parameter]] = {}
    for part, rate in rated:
        for parameter in part:
            if parameter.requires_grad:
                decay = config.weight_decay if parameter.ndim > 1 else 0.0
                found.setdefault((rate, decay), []).append(parameter)
    return [{"params": part, "lr": rate, "weight_decay": decay} for (rate, decay), part in found.items()]
