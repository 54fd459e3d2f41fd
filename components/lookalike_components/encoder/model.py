"""The encoder itself: pixels in, unit vectors out."""

from importlib.metadata import version

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.containers import code, image
from lookalike_components.encoder import backbones
from lookalike_components.encoder.backbones import Backbone, backbone
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.network import network, weights_url, without_classifier
from lookalike_components.encoder.weights import file_digest, load_state, resolve
from lookalike_components.errors import UserError
from lookalike_components.pixels import ResizePolicy

VERSIONED = ("torch", "torchvision")


class Encoder(nn.Module):
    """Embeds RGB pixels; normalisation is inside, so resizing is all that a caller has to do.

    Attributes:
        config: What this encoder is.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = network(config.model)
        features = backbone(config.model).dimension
        self.head = nn.Linear(features, config.dimension) if config.head else nn.Identity()
        self.register_buffer("mean", _per_channel(config.mean), persistent=False)
        self.register_buffer("std", _per_channel(config.std), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Embeds a batch.

        Args:
            images: uint8 ``[b, size, size, 3]``, RGB.

        Returns:
            float32 ``[b, d]``, each row of length 1.
        """
        pixels = (images.permute(0, 3, 1, 2).float() - self.mean) / self.std
        return functional.normalize(self.head(self.backbone(pixels)).float(), dim=1)


def build(
    model: str, weights: str = "", input_size: int = 0, resize: ResizePolicy = "exact", dimension: int = 0
) -> Encoder:
    """Makes an encoder from a pretrained backbone.

    Args:
        model: Name of the backbone.
        weights: Path or URI of its weights; empty for torchvision's.
        input_size: Height and width of its input in pixels; 0 for the backbone's own.
        resize: How pictures are brought to that size.
        dimension: Length of an embedding, made by a new linear head; 0 for the backbone's features as they are.

    Raises:
        UserError: There is no such model, the weights are not its own, or it cannot take that size.
        LookalikeError: The weights could not be had.
    """
    chosen = backbone(model)
    path = resolve(model, weights)
    encoder = Encoder(
        EncoderConfig(
            model=model,
            pooling=chosen.pooling,
            head=dimension > 0,
            dimension=dimension or chosen.dimension,
            input_size=_accepted_size(model, chosen, input_size),
            resize=resize,
            mean=backbones.MEAN,
            std=backbones.STD,
            licence="" if weights else backbones.LICENCE,
            weights=weights or weights_url(model),
            weights_sha256=file_digest(path),
            versions=versions(),
        )
    )
    try:
        encoder.backbone.load_state_dict(without_classifier(load_state(path), model))
    except RuntimeError as error:
        raise UserError(
            f"{path} does not hold the weights of {model}; pass a file made by torchvision's {model}"
        ) from error
    return encoder


def versions() -> dict[str, str]:
    """Versions of the packages that shape an encoder, and the container's image where there is one."""
    packages = {"lookalike": code(), **{package: version(package) for package in VERSIONED}}
    return {**packages, "image": image()} if image() else packages


def best_device() -> torch.device:
    """The first GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _accepted_size(model: str, chosen: Backbone, input_size: int) -> int:
    size = input_size or backbones.INPUT_SIZE
    if size != backbones.INPUT_SIZE and not chosen.any_size:
        raise UserError(f"{model} takes {backbones.INPUT_SIZE} px only but the input size is {size}; leave it out")
    return size


def _per_channel(values: tuple[float, float, float]) -> Tensor:
    """The three values, scaled from 0..1 to the 0..255 of pixels, shaped ``[3, 1, 1]``."""
    return (torch.tensor(values) * 255).reshape(3, 1, 1)
