"""The encoder itself: pixels in, unit vectors out."""

from importlib.metadata import version
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.containers import code, image
from lookalike_components.encoder.backbones import Channels, Pooling, accepted_pooling, accepted_size, backbone
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.network import put_in, trunk
from lookalike_components.encoder.pooling import POOLINGS
from lookalike_components.encoder.weights import file_digest, load_state, resolve
from lookalike_components.errors import UserError
from lookalike_components.pixels import Aspect, ResizePolicy

VERSIONED = ("torch", "torchvision")


class Encoder(nn.Module):
    """Embeds RGB pixels; normalisation is inside, so resizing is all that a caller has to do.

    Attributes:
        config: What this encoder is.
        pooled: Length of what the head projects.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = trunk(config.model, config.pooling, config.input_size)
        self.pooling = POOLINGS[config.pooling]()
        self.pooled = backbone(config.model).pooled(config.pooling)
        self.head = nn.Linear(self.pooled, config.dimension) if config.head else nn.Identity()
        self.register_buffer("mean", _per_channel(config.mean), persistent=False)
        self.register_buffer("std", _per_channel(config.std), persistent=False)

    @property
    def stages(self) -> list[nn.Module]:
        """The parts of the backbone, from the pixels up; every weight of it is in one of them, and in no other."""
        return self.backbone.stages

    def forward(self, images: Tensor) -> Tensor:
        """Embeds a batch.

        Args:
            images: uint8 ``[b, size, size, 3]``, RGB.

        Returns:
            float32 ``[b, d]``, each row of length 1.
        """
        return functional.normalize(self.head(self.features(images)).to(self.mean.dtype), dim=1)

    def features(self, images: Tensor) -> Tensor:
        """What the head projects, or the embeddings before they get length 1 where there is none.

        Args:
            images: uint8 ``[b, size, size, 3]``, RGB.

        Returns:
            ``[b, d]``, the pooled features of the backbone.
        """
        pixels = (images.permute(0, 3, 1, 2).to(self.mean.dtype) - self.mean) / self.std
        pooled: Tensor = self.pooling(self.backbone(pixels), self.backbone)
        return self.backbone.finished(pooled)


def build(
    model: str,
    weights: str = "",
    input_size: int = 0,
    resize: ResizePolicy = "exact",
    dimension: int = 0,
    aspect: Aspect = "squash",
    pooling: Pooling | Literal[""] = "",
    weights_sha256: str = "",
) -> Encoder:
    """Makes an encoder from a pretrained backbone.

    Args:
        model: Name of the backbone.
        weights: Path or URI of its weights; empty for the published ones.
        input_size: Height and width of its input in pixels; 0 for the backbone's own.
        resize: How pictures are brought to that size.
        dimension: Length of an embedding, made by a new linear head; 0 for the backbone's features as they are.
        aspect: What becomes of the shape of pictures.
        pooling: How the features of all places become one vector; empty for the backbone's own way.
        weights_sha256: What the sha256 of the weights has to be; empty for what is published of it, if anything.

    Raises:
        UserError: There is no such model, the weights are not its own, or it cannot take that size or pooling.
        LookalikeError: The weights could not be had, or are not what their sha256 says.
    """
    row = backbone(model)
    pooling, input_size = accepted_pooling(model, pooling), accepted_size(model, input_size)
    path = resolve(model, weights, weights_sha256)
    mean, std = row.normalisation
    encoder = Encoder(
        EncoderConfig(
            model=model,
            pooling=pooling,
            head=dimension > 0,
            dimension=dimension or row.pooled(pooling),
            input_size=input_size,
            resize=resize,
            aspect=aspect,
            mean=mean,
            std=std,
            licence="" if weights else f"{row.licence} ({row.library}), trained on {row.trained_on}",
            weights=weights or row.address,
            weights_sha256=file_digest(path),
            versions=versions(),
        )
    )
    if not put_in(load_state(path), encoder.backbone):
        raise UserError(
            f"{path} does not hold the weights of {model}; pass a file made by {row.library}'s {model.split('.')[0]}"
        )
    return encoder


def versions() -> dict[str, str]:
    """Versions of the packages that shape an encoder, and the container's image where there is one."""
    packages = {"lookalike": code(), **{package: version(package) for package in VERSIONED}}
    return {**packages, "image": image()} if image() else packages


def best_device() -> torch.device:
    """The first GPU, Apple's where it is of theirs, or the CPU where there is none."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _per_channel(values: Channels) -> Tensor:
    """The three values, scaled from 0..1 to the 0..255 of pixels, shaped ``[3, 1, 1]``."""
    return (torch.tensor(values) * 255).reshape(3, 1, 1)
