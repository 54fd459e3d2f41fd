"""What training makes of a backbone: settings that *choose* and *train* share; loads without torch."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from lookalike_components.encoder.backbones import AUTO, Pooling, accepted_pooling, accepted_size, backbone
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.errors import UserError


class EncoderShape(EncoderChoice):
    """The pretrained backbone with its pooling and its head, or a trained encoder, which has its own."""

    start_from: str = Field(
        "",
        description="Folder or URI of an encoder to go on from, with its own model, sizes, resize, aspect and pooling "
        "where these are left at their defaults; empty for the pretrained backbone.",
    )
    pooling: Pooling | Literal[""] = Field(
        "", description="How the feature map becomes one vector: avg, gem, cls, cls_mean; empty for the backbone's own."
    )
    dimension: int = Field(0, ge=0, description="Length of an embedding, by a new linear head; 0 for no head.")
    head: Literal["whitening", "pca", "random"] = Field(
        "pca",
        description="How a new head starts: from a PCA of the training features, whitened or not; or random.",
    )
    matryoshka: list[int] = Field(
        [],
        description="Lengths that the first numbers of an embedding are trained to do for as well, such as [64, 128].",
    )

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """As `StepConfig.from_arguments`; what a component is told of an encoder's shape by default is left out.

        A component has a value for every setting, whether somebody gave it or not.
        """
        shape = {name: EncoderShape.model_fields[name].default for name in EncoderShape.model_fields}
        given = {name: value for name, value in arguments.items() if name not in shape or value != shape[name]}
        return super().from_arguments(given)

    @model_validator(mode="after")
    def _shape_is_the_models(self) -> Self:
        try:
            if self.dimension:
                check_lengths(self.matryoshka, self.dimension)
            if self.model != AUTO and (self.gives("model") or not self.start_from):
                self.check_backbone(self.model)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self

    def gives(self, name: str) -> bool:
        """Whether a setting was given a value of its own, which an encoder to start from may contradict."""
        return name in self.model_fields_set and getattr(self, name) not in (0, "", AUTO)

    def check_backbone(self, model: str) -> None:
        """Makes sure that a backbone takes the input size, can be pooled so, and gives what the head is to project.

        Raises:
            UserError: It cannot; the sentence says what would do.
        """
        accepted_size(model, self.input_size)
        longest = backbone(model).pooled(accepted_pooling(model, self.pooling))
        if self.start_from:  # whose head is there, however it began
            return
        if self.dimension > longest and self.head != "random":
            raise UserError(
                f"dimension is {self.dimension}, but {model} gives {longest} numbers, and a head that starts by "
                f"{self.head} is no longer than that; lower dimension, or set head to random"
            )
        check_lengths(self.matryoshka, self.dimension or longest)


def check_lengths(lengths: list[int], dimension: int) -> None:
    """Makes sure that embeddings can be cut to these lengths.

    Raises:
        UserError: They are not longer than that.
    """
    if lengths and lengths[-1] >= dimension:
        raise UserError(
            f"matryoshka has the length {lengths[-1]}, but an embedding has {dimension} numbers; leave lengths out "
            "that are not below"
        )
