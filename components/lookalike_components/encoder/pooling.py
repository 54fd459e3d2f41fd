"""From features of places to one vector."""

import torch
from torch import Tensor, nn

from lookalike_components.encoder.backbones import Pooling
from lookalike_components.encoder.trunk import Trunk

SMALLEST = 1e-6


class Average(nn.Module):
    """The mean over the places."""

    def forward(self, features: Tensor, trunk: Trunk) -> Tensor:
        """Features ``[b, beside + places, d]`` to ``[b, d]``."""
        return features[:, trunk.beside :].mean(1)


class GeneralisedMean(nn.Module):
    """The generalised mean over the places: between the mean (p = 1) and the maximum (p large); p is learned.

    Radenovic, Tolias and Chum, Fine-tuning CNN Image Retrieval with No Human Annotation, TPAMI 2019.
    """

    def __init__(self, p: float = 3.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor([p]))

    def forward(self, features: Tensor, trunk: Trunk) -> Tensor:
        """Features ``[b, beside + places, d]`` to ``[b, d]``; what is below zero counts as nothing."""
        powers = features[:, trunk.beside :].clamp(min=SMALLEST).pow(self.p)
        return powers.mean(1).pow(1 / self.p)


class ClassToken(nn.Module):
    """The class token alone."""

    def forward(self, features: Tensor, trunk: Trunk) -> Tensor:
        """Features ``[b, beside + places, d]`` to ``[b, d]``."""
        return features[:, 0]


class ClassTokenAndMean(nn.Module):
    """The class token, and after it the mean over the places.

    Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, TMLR 2024, section 7.
    """

    def forward(self, features: Tensor, trunk: Trunk) -> Tensor:
        """Features ``[b, beside + places, d]`` to ``[b, 2 d]``."""
        return torch.cat([features[:, 0], features[:, trunk.beside :].mean(1)], dim=1)


class Attention(nn.Module):
    """The network's own pooling by attention, whose weights are the network's."""

    def forward(self, features: Tensor, trunk: Trunk) -> Tensor:
        """Features ``[b, places, d]`` to ``[b, d]``."""
        return trunk.attention(features)


POOLINGS: dict[Pooling, type[nn.Module]] = {
    "avg": Average,
    "gem": GeneralisedMean,
    "cls": ClassToken,
    "cls_mean": ClassTokenAndMean,
    "attention": Attention,
}
