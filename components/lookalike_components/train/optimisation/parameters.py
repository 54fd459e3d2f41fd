"""Which weights learn, and how fast."""

from typing import Any

from torch import nn

from lookalike_components.encoder.model import Encoder
from lookalike_components.train.config import TrainConfig


def groups(encoder: Encoder, objective: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """The parameter groups of the optimizer; what is frozen is in none."""
    new = [*encoder.head.parameters()]
    parts = [
        {"params": [*encoder.backbone.parameters()], "lr": config.learning_rate},
        {"params": new, "lr": config.head_learning_rate},
        {"params": [*objective.parameters()], "lr": config.loss_learning_rate},
    ]
    return [{**part, "weight_decay": config.weight_decay} for part in parts if part["params"]]


def learning(encoder: Encoder, config: TrainConfig) -> None:
    """Puts an encoder into training mode, except for what stays as it is."""
    encoder.train()
    if config.freeze_batch_norm:
        for module in encoder.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
