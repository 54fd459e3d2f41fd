"""What an encoder is, apart from its weights: the content of ``encoder.json``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lookalike_components.encoder.backbones import Channels, Pooling
from lookalike_components.pixels import Aspect, ResizePolicy


class EncoderConfig(BaseModel):
    """Everything that is needed to build an encoder, load its weights and prepare its pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: Literal[2] = 2
    model: str = Field(description="Name of the backbone, such as `mobilenet_v2`.")
    pooling: Pooling = Field(description="How the feature map becomes one vector.")
    head: bool = Field(description="Whether a linear projection follows the pooling.")
    dimension: int = Field(gt=0, description="Length of an embedding.")
    input_size: int = Field(gt=0, description="Height and width of the input in pixels.")
    resize: ResizePolicy = Field(description="How pictures are brought to the input size.")
    aspect: Aspect = Field("squash", description="What becomes of their shape.")
    mean: Channels = Field(description="Mean of R, G and B in 0..1, subtracted inside the encoder.")
    std: Channels = Field(description="Standard deviation of R, G and B in 0..1, divided by inside the encoder.")
    licence: str = Field(description="Licence of the pretrained weights.")
    weights: str = Field(description="Where the pretrained weights came from.")
    matryoshka: list[int] = Field(
        default=[], description="Lengths that the first numbers of an embedding do for as well, once normalised again."
    )
    weights_sha256: str = Field(description="sha256 of the pretrained weights' file.")
    parent: str = Field(default="", description="Digest of the encoder that training started from; empty for none.")
    data: str = Field(default="", description="sha256 of the image table that it was trained on; empty for none.")
    settings: str = Field(default="", description="sha256 of the settings of its training; empty for none.")
    versions: dict[str, str] = Field(description="Versions of the packages that made it, and the container's image.")
