"""What an encoder is, apart from its weights: the content of ``encoder.json``."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookalike_components import storage
from lookalike_components.encoder.backbones import Channels, Pooling
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.pixels import Aspect, ResizePolicy
from lookalike_components.step_config import explain

CONFIG = "encoder.json"
WEIGHTS = "encoder.safetensors"


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


def read_config(folder: str | Path) -> EncoderConfig:
    """Reads what an encoder is from its folder or URI; the weights are not looked at.

    Raises:
        UserError: It is not an encoder's folder.
        LookalikeError: ``encoder.json`` is damaged or of another version, or cannot be reached.
    """
    missing = [name for name in (CONFIG, WEIGHTS) if not storage.exists(storage.join(str(folder), name))]
    if missing:
        raise UserError(f"{folder} is not an encoder's folder (it has no {missing[0]}); pass the one that train wrote")
    path = storage.join(str(folder), CONFIG)
    try:
        return EncoderConfig.model_validate_json(storage.read_bytes(path))
    except ValidationError as error:
        raise LookalikeError(f"{explain(error, where=path)}; train the encoder again") from error
