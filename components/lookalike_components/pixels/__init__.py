"""The one way that bytes become pixels, in training, evaluation and serving."""

from lookalike_components.pixels.decode import BrokenImage, ImageFacts, decode, inspect
from lookalike_components.pixels.resize import ResizePolicy, thumbnail, to_pixels

__all__ = ["BrokenImage", "ImageFacts", "ResizePolicy", "decode", "inspect", "thumbnail", "to_pixels"]
