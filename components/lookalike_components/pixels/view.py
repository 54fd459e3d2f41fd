"""Another view of a picture, as if its thing were photographed again: what unlabelled pictures are tested with.

Nothing of it can be set, so that figures of one data set stay comparable. Training varies pictures in ways of its own.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from lookalike_components.pixels.resize import PADDING

AREA = 0.3, 0.8
SHAPE = 3 / 4, 4 / 3
TURN = 20
LIGHT = 0.6, 1.4
_LIGHTS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)


def view(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Shows a part of a picture, turned, in another light.

    Args:
        pixels: uint8 ``[size, size, 3]``, RGB.
        random: Draws a part of 30 to 80 % of the area, of a shape from 3 : 4 to 4 : 3; an angle up to 20 degrees either
            way; and brightness, contrast and saturation from 60 to 140 %.

    Returns:
        uint8 ``[size, size, 3]``. What lies beyond the picture's edges is of the colour that `to_pixels` pads with.
    """
    size = len(pixels)
    image = Image.fromarray(pixels).transform(
        (size, size), Image.Transform.AFFINE, _part(size, random), Image.Resampling.BILINEAR, fillcolor=PADDING
    )
    for light in _LIGHTS:
        image = light(image).enhance(random.uniform(*LIGHT))
    return np.array(image)


def _part(size: int, random: np.random.Generator) -> tuple[float, ...]:
    """The map from a result's pixels to those of the picture: ``x = a u + b v + c, y = d u + e v + f``."""
    area, shape = random.uniform(*AREA), math.exp(random.uniform(*np.log(SHAPE)))
    wide, high = min(1.0, math.sqrt(area * shape)), min(1.0, math.sqrt(area / shape))
    left, top = random.uniform(0, size * (1 - wide)), random.uniform(0, size * (1 - high))
    angle = math.radians(random.uniform(-TURN, TURN))
    a, b, d, e = math.cos(angle) * wide, -math.sin(angle) * high, math.sin(angle) * wide, math.cos(angle) * high
    middle, right, down = size / 2, left + size * wide / 2, top + size * high / 2
    return a, b, right - (a + b) * middle, d, e, down - (d + e) * middle
