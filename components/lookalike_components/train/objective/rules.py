"""Which settings of what is learned make sense together; the sentences say why others do not."""

from typing import TYPE_CHECKING

from lookalike_components.train.objective.names import LOSSES, MINERS, REMEMBERING
from lookalike_components.train.objective.options import checked

if TYPE_CHECKING:
    from lookalike_components.train.config import TrainConfig

COMPARISONS = {
    "batch": "every image of a batch with all others",
    "classes": "images with vectors that it learns for the labels",
}


def check(config: "TrainConfig") -> None:
    """Makes sure that loss, miner, memory, sampler and supervision go together.

    Raises:
        ValueError: They do not; the sentence has the reason, and what to do.
    """
    for rule in (_loss, _miner, _memory, _label_noise, _matryoshka, _sampler, _views):
        rule(config)


def _loss(config: "TrainConfig") -> None:
    checked("loss", config.loss, config.loss_options, LOSSES[config.loss].options)


def _miner(config: "TrainConfig") -> None:
    if not config.miner:
        if config.miner_options:
            raise ValueError(
                f"miner_options sets {', '.join(config.miner_options)}, but miner is empty; "
                "name a miner or set no options"
            )
        return
    compares = LOSSES[config.loss].compares
    if compares != "pairs":
        raise ValueError(
            f"the loss {config.loss} takes no miner, as it compares {COMPARISONS[compares]}, "
            f"but miner is {config.miner}; set miner to an empty text"
        )
    options = checked("miner", config.miner, config.miner_options, MINERS[config.miner])
    strategies = {options.get("pos_strategy"), options.get("neg_strategy")}
    if strategies in ({"semihard"}, {"semihard", "all"}):
        raise ValueError(
            f"the miner {config.miner} cannot look for semihard pairs without easy or hard ones on the other side; "
            "set pos_strategy or neg_strategy to easy or hard"
        )


def _memory(config: "TrainConfig") -> None:
    if not config.memory:
        return
    if config.loss not in REMEMBERING:
        raise ValueError(
            f"the loss {config.loss} cannot compare with earlier batches, but memory is {config.memory:,}; "
            f"set memory to 0, or loss to one of {', '.join(REMEMBERING)}"
        )
    batch = config.classes_per_batch * config.images_per_class
    if config.memory < batch:
        raise ValueError(f"memory is {config.memory:,}, but a batch has {batch:,} images; set memory to more, or to 0")
    if config.loss_options.get("swap"):
        raise ValueError(
            f"the loss {config.loss} with swap compares positives with negatives, which are both in the memory; "
            "leave swap out, or set memory to 0"
        )
    if config.miner == "BatchEasyHardMiner" and config.miner_options.get("pos_strategy", "easy") == "easy":
        raise ValueError(
            "the miner BatchEasyHardMiner with pos_strategy easy finds every image itself in the memory; "
            "set pos_strategy to hard, or memory to 0"
        )


def _label_noise(config: "TrainConfig") -> None:
    if not config.label_noise:
        return
    if config.supervision == "views":
        raise ValueError("label_noise is for wrong labels, but supervision is views; set label_noise to 0")
    if config.sampler == "random":
        raise ValueError(
            "label_noise judges an image by others of its label in the batch, which the sampler random rarely has; "
            "set sampler to balanced, or label_noise to 0"
        )


def _matryoshka(config: "TrainConfig") -> None:
    lengths = config.matryoshka
    if lengths != sorted(set(lengths)) or min(lengths, default=1) < 1:
        raise ValueError(f"matryoshka is {lengths}; give lengths above 0 in rising order, such as [64, 128]")


def _sampler(config: "TrainConfig") -> None:
    if config.sampler == "category" and not config.category:
        raise ValueError("the sampler category needs a column; set category to its name, or sampler to balanced")
    if config.category and config.sampler != "category":
        raise ValueError(
            f"category is {config.category}, but the sampler {config.sampler} does not look at it; "
            "set sampler to category, or category to an empty text"
        )


def _views(config: "TrainConfig") -> None:
    if config.supervision != "views":
        return
    if config.augmentation == "none":
        raise ValueError(
            "supervision is views, but with augmentation none all views of a picture are the same; "
            "set augmentation to crop, photo or strong"
        )
    if config.sampler == "random":
        raise ValueError(
            "supervision is views, but the sampler random draws a picture once a batch, which leaves no two views; "
            "set sampler to balanced"
        )
