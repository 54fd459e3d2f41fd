"""From the bytes of one image file to the pixels that an encoder takes."""

import numpy as np
import numpy.typing as npt

from lookalike_components import pixels
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.serve.observability.metrics import timed
from lookalike_components.serve.refusals import BadImage, TooManyPixels


def decode(image: bytes, number: int, encoder: EncoderFacts, most_pixels: int) -> npt.NDArray[np.uint8]:
    """Decodes an image as in training.

    Args:
        image: The file.
        number: Its place in the request, from 1.
        encoder: Whose input size and ways of resizing count.
        most_pixels: What its header may announce.

    Returns:
        uint8 ``[size, size, 3]``, RGB.

    Raises:
        BadImage: It cannot be decoded.
        TooManyPixels: It is larger than it may be.
    """
    try:
        with timed("decode"):
            return pixels.to_pixels(image, encoder.input_size, encoder.resize, encoder.aspect, most_pixels)
    except pixels.TooManyPixels as error:
        raise TooManyPixels(f"image {number:,} {error} (no more than {most_pixels:,}); send a smaller one") from error
    except pixels.BrokenImage as error:
        raise BadImage(f"image {number:,} {error}; send another") from error
