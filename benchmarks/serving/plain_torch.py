"""What the peers compute: torchvision's network in eager torch on a picture that Pillow decoded, as tutorials do."""

import io

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import models
from torchvision.transforms import v2

CLASSIFIERS = ("classifier", "fc", "heads", "head")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def network_of(model: str, weights: str) -> nn.Module:
    """A network without its classifier.

    Args:
        model: A name of torchvision's.
        weights: File of its state.
    """
    network: nn.Module = models.get_model(model, weights=None)
    network.load_state_dict(torch.load(weights, weights_only=True))
    for name in CLASSIFIERS:
        if hasattr(network, name):
            setattr(network, name, nn.Identity())
    return network.eval()


def preparation(size: int) -> v2.Compose:
    """From Pillow's picture to normalised float32 ``[3, size, size]``."""
    parts = [v2.Resize((size, size)), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return v2.Compose(parts)


def decode(file: bytes) -> Image.Image:
    """Reads an image file."""
    return Image.open(io.BytesIO(file)).convert("RGB")


@torch.inference_mode()
def embed(network: nn.Module, batch: Tensor) -> Tensor:
    """Embeds float32 ``[b, 3, size, size]`` as float32 ``[b, d]`` of unit length."""
    return nn.functional.normalize(network(batch))
