"""The table of pretrained networks that an encoder can start from."""

from dataclasses import dataclass
from typing import Literal

from lookalike_components.errors import UserError

Pooling = Literal["avg", "gem", "cls", "cls_mean"]


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network of torchvision's.

    Attributes:
        weights: Which of torchvision's pretrained weights.
        dimension: Length of the pooled features.
        classifier: Dotted name of the module that turns features into classes.
        pooling: How the feature map becomes one vector.
        any_size: False where the weights fit one input size only.
    """

    weights: str
    dimension: int
    classifier: str
    pooling: Pooling = "avg"
    any_size: bool = True


BACKBONES = {
    "resnet18": Backbone("IMAGENET1K_V1", 512, "fc"),
    "resnet50": Backbone("IMAGENET1K_V2", 2048, "fc"),
    "resnet101": Backbone("IMAGENET1K_V2", 2048, "fc"),
    "mobilenet_v2": Backbone("IMAGENET1K_V1", 1280, "classifier"),
    "mobilenet_v3_large": Backbone("IMAGENET1K_V2", 960, "classifier"),
    "efficientnet_b0": Backbone("IMAGENET1K_V1", 1280, "classifier"),
    "convnext_tiny": Backbone("IMAGENET1K_V1", 768, "classifier.2"),
    "vit_b_16": Backbone("IMAGENET1K_V1", 768, "heads", pooling="cls", any_size=False),
}
INPUT_SIZE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LICENCE = "BSD-3-Clause (torchvision), trained on ImageNet-1K"


def backbone(model: str) -> Backbone:
    """The backbone called ``model``.

    Raises:
        UserError: There is none of that name; the sentence lists those that there are.
    """
    if model not in BACKBONES:
        raise UserError(f"there is no model {model!r}; choose one of {', '.join(BACKBONES)}")
    return BACKBONES[model]
