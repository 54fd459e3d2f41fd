"""Which pretrained encoder to start from: settings that *train* and the reference's *evaluate* share."""

from typing import Annotated

from pydantic import Field

from lookalike_components.encoder.backbones import BACKBONES
from lookalike_components.pixels import ResizePolicy
from lookalike_components.step_config import StepConfig, one_of


class EncoderChoice(StepConfig):
    """The pretrained backbone, and how pictures reach it."""

    model: Annotated[str, one_of("model", BACKBONES)] = Field(
        "resnet50", description="Backbone, by its name in torchvision"
    )
    weights: str = Field("", description="File or URI of the pretrained weights; empty for torchvision's own")
    input_size: int = Field(0, ge=0, le=1024, description="Height and width in pixels; 0 for the backbone's own")
    resize: ResizePolicy = Field("exact", description="exact decodes in full, then resizes; fast decodes a JPEG scaled")
