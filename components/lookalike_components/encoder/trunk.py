"""Pretrained networks without their pooling and their classifiers: pixels in, features of places out."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn


class Trunk(nn.Module):
    """A network that gives features for every place of a picture.

    Attributes:
        network: The library's own, with its own names of weights.
        beside: Tokens in front of those of the places, such as a class token; 0 for a network of convolutions.
    """

    network: Any  # untyped on its side
    beside: int = 0

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised float32 ``[b, 3, h, w]`` to features ``[b, beside + places, d]``."""
        return places(self._map(pixels))

    def _map(self, pixels: Tensor) -> Tensor:
        """The features of a network of convolutions, ``[b, d, h, w]``."""
        raise NotImplementedError

    def finished(self, pooled: Tensor) -> Tensor:
        """What the network itself does to a pooled vector ``[b, d]`` before its classifier would see it."""
        return pooled

    @property
    def attention(self) -> Callable[[Tensor], Tensor]:
        """The network's own pooling by attention, for those that have one."""
        raise NotImplementedError

    @property
    def stages(self) -> list[nn.Module]:
        """The parts of the network from the pixels up; every weight is in one of them, and in no other."""
        raise NotImplementedError


def places(feature_map: Tensor) -> Tensor:
    """A map ``[b, d, h, w]`` as a list ``[b, h * w, d]``."""
    return feature_map.flatten(2).transpose(1, 2)


def together(*parts: nn.Module | nn.Parameter | None) -> nn.Module:
    """Modules and single weights as one stage; what a network lacks is left out."""
    modules = [part for part in parts if isinstance(part, nn.Module)]
    weights = [part for part in parts if isinstance(part, nn.Parameter)]
    return nn.ModuleList([*modules, nn.ParameterList(weights)]) if weights else nn.ModuleList(modules)


def with_the_last(stages: Iterable[nn.Module], *more: nn.Module | nn.Parameter | None) -> list[nn.Module]:
    """The stages, the last of them with what comes after it, such as a closing norm."""
    *lower, last = stages
    return [*lower, together(last, *more)]
