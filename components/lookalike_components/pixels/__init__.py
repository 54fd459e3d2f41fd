"""The one way that bytes become pixels, in training, evaluation and serving.

What becomes of each kind of file (orientation, CMYK, transparency, 16 bits, animations, colour profiles, broken files)
is written down in ``docs/pixels.md``.
"""

from lookalike_components.pixels.decode import ImageFacts, decode, inspect, inspect_closely
from lookalike_components.pixels.faults import BrokenImage, TooManyPixels
from lookalike_components.pixels.quality import Quality, quality
from lookalike_components.pixels.resize import Aspect, ResizePolicy, thumbnail, to_pixels
from lookalike_components.pixels.view import view

__all__ = [
    "Aspect",
    "BrokenImage",
    "ImageFacts",
    "Quality",
    "ResizePolicy",
    "TooManyPixels",
    "decode",
    "inspect",
    "inspect_closely",
    "quality",
    "thumbnail",
    "to_pixels",
    "view",
]
