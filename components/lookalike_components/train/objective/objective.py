"""What training lowers: a loss of pytorch-metric-learning, over the pairs that a miner picks, for each length."""

from typing import Any

import torch
from pytorch_metric_learning import losses, miners
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.encoder.shape import check_lengths
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.label_noise import likely
from lookalike_components.train.objective.memory import Memory
from lookalike_components.train.objective.mended import MENDED
from lookalike_components.train.objective.names import LOSSES, MINERS
from lookalike_components.train.objective.options import checked


class Objective(nn.Module):
    """The loss of whole embeddings, and of their first numbers where these are to do as well.

    Its parameters are the vectors that some losses learn for the labels; its state is everything that it remembers.

    Args:
        config: Names loss and miner with their options, and what goes with them.
        shape: Number of classes and length of an embedding.

    Raises:
        UserError: Embeddings are too short for a length of ``matryoshka``.
    """

    def __init__(self, config: TrainConfig, shape: tuple[int, int]) -> None:
        super().__init__()
        classes, dimension = shape
        check_lengths(config.matryoshka, dimension)
        self.label_noise = config.label_noise
        self.lengths = [*config.matryoshka, dimension]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.chance)  # so that the vectors of all processes begin alike
            self.losses = nn.ModuleList(_LossOfLength(config, (classes, length)) for length in self.lengths)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: the sum over all lengths (Kusupati et al., 2022, equation 1, with all weights 1).

        Args:
            embeddings: float32 ``[b, d]``, each row of length 1.
            labels: int64 ``[b]``, from 0 up to the number of classes.

        Returns:
            A float32 scalar, 0 or more for most losses.
        """
        if self.label_noise:
            places = likely(embeddings, labels, self.label_noise)
            embeddings, labels = embeddings[places], labels[places]
        parts = zip(self.losses, self.lengths, strict=True)
        return torch.stack([loss(_cut(embeddings, length), labels) for loss, length in parts]).sum()


class _LossOfLength(nn.Module):
    """A loss with its miner and its memory, for embeddings of one length."""

    def __init__(self, config: TrainConfig, shape: tuple[int, int]) -> None:
        super().__init__()
        loss = _loss(config, shape)
        miner = _miner(config) if config.miner else None
        self.loss = Memory(loss, shape[1], config.memory, miner) if config.memory else loss
        self.miner = None if config.memory else miner

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        mined = self.miner(embeddings, labels) if self.miner else None
        loss: Tensor = self.loss(embeddings, labels, mined)
        return loss.squeeze()


def _loss(config: TrainConfig, shape: tuple[int, int]) -> nn.Module:
    name = config.loss
    row = LOSSES[name]
    kind = MENDED.get(name) or getattr(losses, name)
    length = "descriptors_dim" if name == "P2SGradLoss" else "embedding_size"
    own = dict(zip(("num_classes", length), shape, strict=True)) if row.compares == "classes" else {}
    return _made(kind, {**checked("loss", name, config.loss_options, row.options), **own})


def _miner(config: TrainConfig) -> nn.Module:
    name = config.miner
    return _made(getattr(miners, name), checked("miner", name, config.miner_options, MINERS[name]))


def _made(kind: Any, options: dict[str, Any]) -> nn.Module:
    made: nn.Module = kind(**options)
    return made


def _cut(embeddings: Tensor, length: int) -> Tensor:
    """The first numbers of each embedding, brought to length 1 again."""
    if length == embeddings.shape[1]:
        return embeddings
    return functional.normalize(embeddings[:, :length], dim=1)
