"""Settings of the step `choose`."""

from typing import Annotated

from pydantic import Field

from lookalike_components.encoder.backbones import BACKBONES
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.step_config import one_of

CANDIDATES = (
    "mobilenet_v2",
    "resnet50",
    "convnext_nano.in12k",
    "convnext_tiny.in12k",
    "vit_small_patch16_224.dino",
    "vit_small_patch14_dinov2.lvd142m",
)
"""Of about the cost of a ResNet-50 or less, trained in different ways, under licences that permit any use."""


class ChooseConfig(EncoderChoice):
    """Which backbones take part where none is named, and on how many pictures they are compared."""

    candidates: list[Annotated[str, one_of("model", BACKBONES)]] = Field(
        list(CANDIDATES), min_length=1, description="Backbones that take part where model is auto"
    )
    images: int = Field(2000, ge=2, description="Validation pictures that they are compared on, at most")
    seed: int = Field(0, ge=0, description="Fixes which pictures those are")
