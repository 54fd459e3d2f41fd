"""The named ways of varying pictures, and how far each of their parts goes; settings are checked without torch."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lookalike_components.step_config import explain

Probability = Annotated[float, Field(ge=0, le=1)]
Change = Annotated[float, Field(ge=0, lt=1)]
Name = Literal["none", "crop", "photo", "strong"]


class Variation(BaseModel):
    """How far pictures are varied; every picture draws its own numbers, evenly between the ends.

    Attributes:
        crop_area: Least and largest share of a picture's area that is kept, brought back to the full size.
        crop_ratio: Narrowest and widest shape of what is kept: its width by its height, in shares of the picture's.
        flip: Probability of being mirrored left to right. Mirrored text is other text.
        rotation: Most degrees that a picture is turned by, either way.
        perspective: Most that a corner moves inwards, as a share of half a side.
        brightness: Most that brightness changes by, either way, as a share.
        contrast: Likewise, about the picture's mean grey.
        saturation: Likewise, about each pixel's grey.
        hue: Most that colours are turned by, either way, as a share of the circle.
        grey: Probability of losing all colour.
        blur: Probability of being blurred.
        erase: Probability that a rectangle of 2 to 20 % of the area is painted over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    crop_area: tuple[float, float] = (1.0, 1.0)
    crop_ratio: tuple[float, float] = (1.0, 1.0)
    flip: Probability = 0.0
    rotation: float = Field(0.0, ge=0, le=180)
    perspective: Change = 0.0
    brightness: Change = 0.0
    contrast: Change = 0.0
    saturation: Change = 0.0
    hue: float = Field(0.0, ge=0, le=0.5)
    grey: Probability = 0.0
    blur: Probability = 0.0
    erase: Probability = 0.0

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        least, most = self.crop_area
        if not 0 < least <= most <= 1:
            raise ValueError(
                f"crop_area is [{least:g}, {most:g}]; give two shares above 0 and up to 1, the smaller first"
            )
        narrow, wide = self.crop_ratio
        if not 0 < narrow <= wide:
            raise ValueError(f"crop_ratio is [{narrow:g}, {wide:g}]; give two numbers above 0, the smaller first")
        return self

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        crops = self.crop_area != (1.0, 1.0) or self.crop_ratio != (1.0, 1.0)
        return crops or any((self.flip, self.rotation, self.perspective))

    @property
    def colours(self) -> bool:
        """Whether pixels change their colours."""
        return any((self.brightness, self.contrast, self.saturation, self.hue, self.grey))

    @property
    def changes(self) -> bool:
        """Whether a picture comes out otherwise than it went in."""
        return self.moves or self.colours or any((self.blur, self.erase))


_CROP = {"crop_area": (0.6, 1.0), "crop_ratio": (3 / 4, 4 / 3)}
_PHOTO = _CROP | {"rotation": 10, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.02, "grey": 0.05}
_STRONG = _CROP | {
    "crop_area": (0.2, 1.0),
    "rotation": 30,
    "perspective": 0.25,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.05,
    "grey": 0.1,
    "blur": 0.2,
    "erase": 0.2,
}
VARIATIONS: Mapping[Name, Variation] = {
    "none": Variation(),
    "crop": Variation.model_validate(_CROP),
    "photo": Variation.model_validate(_PHOTO),
    "strong": Variation.model_validate(_STRONG),
}


def variation(name: Name, options: Mapping[str, Any]) -> Variation:
    """The variation of that name, with some of its parts set otherwise.

    Args:
        name: One of the named variations.
        options: Values for fields of `Variation`, by name.

    Raises:
        ValueError: There is no such field, or its value is out of range; the sentence says which and what there is.
    """
    if strangers := sorted(options.keys() - Variation.model_fields.keys()):
        raise ValueError(
            f"augmentation_options sets {', '.join(strangers)}; the parts of an augmentation are "
            f"{', '.join(Variation.model_fields)}"
        )
    try:
        return Variation.model_validate({**VARIATIONS[name].model_dump(), **options})
    except ValidationError as error:
        raise ValueError(explain(error, where="augmentation_options")) from error
