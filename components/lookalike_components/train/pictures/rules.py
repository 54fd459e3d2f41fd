"""Which settings of the pictures go together; checked before anything runs, without torch."""

from typing import TYPE_CHECKING

from lookalike_components.encoder.backbones import BACKBONES
from lookalike_components.train.pictures.variation import variation

if TYPE_CHECKING:
    from lookalike_components.train.config import TrainConfig


def check(config: "TrainConfig") -> None:
    """Makes sure that pictures can be varied and resized as the settings say.

    Raises:
        ValueError: The augmentation has no such part, or the network takes one size only; the sentence says which.
    """
    variation(config.augmentation, config.augmentation_options)
    if min(config.resolutions, default=1) < 1 and config.model in BACKBONES and not BACKBONES[config.model].any_size:
        raise ValueError(
            f"resolutions are {config.resolutions}, but {config.model} takes pictures of one size only; "
            "set resolutions to [1.0], or choose another model"
        )
