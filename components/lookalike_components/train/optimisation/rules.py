"""Which settings of how a step is taken make sense together; the sentences say why others do not."""

from typing import TYPE_CHECKING

from lookalike_components.train.optimisation.optimizers import checked_options

if TYPE_CHECKING:
    from lookalike_components.train.config import TrainConfig


def check(config: "TrainConfig") -> None:
    """Makes sure that the optimizer takes its options, and that a batch may be embedded in parts.

    Raises:
        ValueError: It is not so; the sentence has the reason, and what to do.
    """
    checked_options(config.optimizer, config.optimizer_options)
    if config.embed_at_once and not config.freeze_batch_norm:
        raise ValueError(
            f"embed_at_once is {config.embed_at_once}, but batch normalisation that learns its statistics looks at the "
            "whole batch at once; set freeze_batch_norm to true, or embed_at_once to 0"
        )
