"""Which pretrained encoder to start from: settings that *train* and the reference's *evaluate* share."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from lookalike_components.encoder.backbones import AUTO, BACKBONES, FIRST_CHOICE, accepted_size
from lookalike_components.errors import UserError
from lookalike_components.pixels import Aspect, ResizePolicy
from lookalike_components.step_config import StepConfig, one_of


class EncoderChoice(StepConfig):
    """The pretrained backbone, and how pictures reach it."""

    model: Annotated[str, one_of("model", (*BACKBONES, AUTO))] = Field(
        FIRST_CHOICE,
        description="Backbone, by its name in `lookalike models`; auto for the one that finds most without training",
    )
    weights: str = Field("", description="File or URI of the pretrained weights; empty for the published ones")
    weights_sha256: str = Field(
        "",
        pattern=r"^([0-9A-Fa-f]{64})?$",
        description="sha256 that the weights are held to; empty for what is published of it",
    )
    input_size: int = Field(0, ge=0, le=1024, description="Height and width in pixels; 0 for the backbone's own")
    resize: ResizePolicy = Field("exact", description="exact decodes in full, then resizes; fast decodes a JPEG scaled")
    aspect: Aspect = Field(
        "squash", description="squash makes squares of whole pictures; pad and crop keep their shape"
    )

    @model_validator(mode="after")
    def _weights_are_of_a_model(self) -> Self:
        if self.model == AUTO and (self.weights or self.weights_sha256):
            raise ValueError("weights are given, but model is auto; name the model that the weights are of")
        return self

    @model_validator(mode="after")
    def _weights_can_be_trusted(self) -> Self:
        try:
            check_address(self.weights, self.weights_sha256)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _size_is_the_models(self) -> Self:
        if self.model != AUTO:
            try:
                accepted_size(self.model, self.input_size)
            except UserError as error:
                raise ValueError(str(error)) from error
        return self

    def pretrained(self) -> dict[str, Any]:
        """What `lookalike_components.encoder.model.build` is to be told of the choice."""
        return {name: getattr(self, name) for name in EncoderChoice.model_fields}


def is_of_the_web(weights: str) -> bool:
    """Whether weights lie at an address of the web."""
    return weights.startswith(("https://", "http://"))


def check_address(weights: str, sha256: str) -> None:
    """Makes sure that what arrives from an address is what lies there.

    Raises:
        UserError: Anybody on the way could put something else in its place.
    """
    if weights.startswith("http://") and not sha256:
        raise UserError(
            f"{weights} is an address without https, so that anybody on the way could change the weights; "
            "give their weights_sha256, or an https address"
        )
