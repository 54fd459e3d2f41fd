"""Settings of the step `choose`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from lookalike_components.encoder.backbones import AUTO, BACKBONES
from lookalike_components.encoder.shape import EncoderShape
from lookalike_components.errors import UserError
from lookalike_components.step_config import LARGEST, one_of

CANDIDATES = (
    "mobilenet_v2",
    "resnet50",
    "convnext_nano.in12k",
    "convnext_tiny.in12k",
    "vit_small_patch16_224.dino",
    "vit_small_patch14_dinov2.lvd142m",
)
"""Of about the cost of a ResNet-50 or less, trained in different ways, under licences that permit any use."""


class ChooseConfig(EncoderShape):
    """Which backbones take part where none is named, on how many pictures they are compared, and what for."""

    candidates: list[Annotated[str, one_of("model", BACKBONES)]] = Field(
        list(CANDIDATES), min_length=1, description="Backbones that take part where model is auto"
    )
    images: int = Field(2000, ge=2, description="Validation pictures that they are compared on, at most")
    seed: int = Field(0, ge=0, le=LARGEST, description="Fixes which pictures those are")

    @model_validator(mode="after")
    def _a_candidate_will_do(self) -> Self:
        reasons = [reason for model in self.candidates if (reason := self.against(model))]
        if self.model == AUTO and not self.start_from and len(reasons) == len(self.candidates):
            raise ValueError(f"model is auto, but no candidate can be trained so ({'; '.join(reasons)}); name others")
        return self

    def against(self, model: str) -> str:
        """Why a backbone cannot be trained with these settings; an empty text where it can."""
        try:
            self.check_backbone(model)
        except UserError as error:
            return str(error)
        return ""
