"""torchvision's networks as trunks."""

from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from lookalike_components.encoder.backbones import Backbone
from lookalike_components.encoder.trunk import Trunk, together, with_the_last


class Features(Trunk):
    """MobileNets and EfficientNets: one row of modules, called ``features``."""

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        network.classifier = nn.Identity()

    def _map(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.network.features(pixels)
        return features

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        return [*self.network.features]


class ConvNext(Features):
    """ConvNeXts, which normalise the pooled vector."""

    def __init__(self, network: Any) -> None:
        norm = network.classifier[0]
        super().__init__(network)
        network.classifier = nn.Sequential(norm)  # keeps the name that the published weights have for it

    def finished(self, pooled: Tensor) -> Tensor:
        """Normalises ``[b, d]``."""
        normed: Tensor = self.network.classifier(pooled[:, :, None, None])
        return normed.flatten(1)

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        return with_the_last(super().stages, self.network.classifier)


class ResNet(Trunk):
    """ResNets: a stem and four layers."""

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        network.fc = nn.Identity()

    def _map(self, pixels: Tensor) -> Tensor:
        net = self.network
        stem = net.maxpool(net.relu(net.bn1(net.conv1(pixels))))
        features: Tensor = net.layer4(net.layer3(net.layer2(net.layer1(stem))))
        return features

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        net = self.network
        return [together(net.conv1, net.bn1), net.layer1, net.layer2, net.layer3, net.layer4]


class Transformer(Trunk):
    """Vision transformers, of one input size."""

    beside = 1

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        network.heads = nn.Identity()

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised float32 ``[b, 3, h, w]`` to tokens ``[b, beside + patches, d]``."""
        patches = self.network._process_input(pixels)
        class_token = self.network.class_token.expand(len(patches), -1, -1)
        tokens: Tensor = self.network.encoder(torch.cat([class_token, patches], dim=1))
        return tokens

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        net, encoder = self.network, self.network.encoder
        stem = together(net.conv_proj, net.class_token, encoder.pos_embedding)
        return with_the_last([stem, *encoder.layers], encoder.ln)


TRUNKS: dict[str, type[Trunk]] = {
    "features": Features,
    "convnext": ConvNext,
    "resnet": ResNet,
    "transformer": Transformer,
}


def trunk(model: str, backbone: Backbone) -> Trunk:
    """An untrained network of torchvision's."""
    return TRUNKS[backbone.family](models.get_model(model, weights=None))
