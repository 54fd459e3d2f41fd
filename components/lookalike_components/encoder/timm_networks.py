"""timm's networks as trunks; timm itself is loaded only when one of them is asked for."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lookalike_components.encoder.backbones import Backbone, Pooling
from lookalike_components.encoder.trunk import Trunk, together, with_the_last
from lookalike_components.errors import UserError


class ResNet(Trunk):
    """ResNets: a stem and four layers."""

    def _map(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features(pixels)
        return features

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        net = self.network
        return [together(net.conv1, net.bn1), net.layer1, net.layer2, net.layer3, net.layer4]


class EfficientNet(Trunk):
    """EfficientNets and MobileNets: a stem, and blocks in groups.

    A MobileNet widens its vector once more after pooling. That layer serves the classifier and goes with it.
    """

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        if hasattr(network, "norm_head"):
            network.conv_head, network.norm_head = nn.Identity(), nn.Identity()

    def _map(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features(pixels)
        return features

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        net = self.network
        blocks = [together(net.conv_stem, net.bn1), *net.blocks]
        return with_the_last(blocks, net.conv_head, getattr(net, "bn2", None))


class ConvNext(Trunk):
    """ConvNeXts, which normalise the pooled vector."""

    def _map(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features(pixels)
        return features

    def finished(self, pooled: Tensor) -> Tensor:
        """Normalises ``[b, d]``."""
        normed: Tensor = self.network.head.norm(pooled[:, :, None, None])
        return normed.flatten(1)

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        return with_the_last([self.network.stem, *self.network.stages], self.network.norm_pre, self.network.head)


class VisionTransformer(Trunk):
    """Vision transformers: patches, and blocks that mix them."""

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        self.beside = network.num_prefix_tokens

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised float32 ``[b, 3, h, w]`` to tokens ``[b, beside + patches, d]``."""
        tokens: Tensor = self.network.forward_features(pixels)
        return tokens

    @property
    def attention(self) -> Callable[[Tensor], Tensor]:
        """As `Trunk.attention`."""
        pool: Callable[[Tensor], Tensor] = self.network.attn_pool
        return pool

    @property
    def stages(self) -> list[nn.Module]:
        """As `Trunk.stages`."""
        net = self.network
        stem = together(net.patch_embed, net.norm_pre, net.cls_token, net.reg_token, net.pos_embed)
        return with_the_last([stem, *net.blocks], net.norm, net.attn_pool)


TRUNKS: dict[str, type[Trunk]] = {
    "resnet": ResNet,
    "efficientnet": EfficientNet,
    "convnext": ConvNext,
    "vit": VisionTransformer,
}


def trunk(model: str, backbone: Backbone, pooling: Pooling, input_size: int) -> Trunk:
    """An untrained network of timm's.

    Raises:
        UserError: timm is not installed.
    """
    try:
        import timm
    except ModuleNotFoundError as error:
        raise UserError(f"the model {model} needs timm, which is not installed; install lookalike[evaluate]") from error
    # a transformer's places are learned for one size; at any other they are interpolated
    sized = {"img_size": input_size, "dynamic_img_size": True} if backbone.family == "vit" else {}
    network = timm.create_model(model, pretrained=False, num_classes=0, **sized)
    if backbone.pooling == "attention" != pooling:
        network.attn_pool = None
    return TRUNKS[backbone.family](network)


def fitted(state: dict[str, Tensor], trunk: Trunk) -> dict[str, Tensor]:
    """Weights as this trunk's size of input wants them: a transformer's learned places are interpolated."""
    if not isinstance(trunk, VisionTransformer):
        return state
    from timm.models.vision_transformer import checkpoint_filter_fn

    with torch.no_grad():
        return dict(checkpoint_filter_fn(state, trunk.network))
