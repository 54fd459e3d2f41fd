"""Which settings of the encoder that training begins with go together; checked before anything runs, without torch."""

from typing import TYPE_CHECKING

from lookalike_components.encoder.backbones import AUTO, accepted_pooling, backbone
from lookalike_components.errors import UserError

if TYPE_CHECKING:
    from lookalike_components.train.config import TrainConfig


def check(config: "TrainConfig") -> None:
    """Makes sure that the backbone can be pooled as the settings say, and that a head can start as they say.

    Raises:
        ValueError: It cannot; the sentence says what would do.
    """
    if config.model == AUTO:
        return
    try:
        pooling = accepted_pooling(config.model, config.pooling)
    except UserError as error:
        raise ValueError(str(error)) from error
    longest = backbone(config.model).pooled(pooling)
    if config.dimension > longest and config.head != "random" and not config.start_from:
        raise ValueError(
            f"dimension is {config.dimension}, but {config.model} gives {longest} numbers, and a head that starts by "
            f"{config.head} is no longer than that; lower dimension, or set head to random"
        )
