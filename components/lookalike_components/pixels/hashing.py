"""A short code that pictures keep when they are saved again, made smaller, or a little brighter."""

import numpy as np
from PIL import Image

SIDE = 32  # of the grey picture that is looked at
KEPT = 8  # lowest frequencies along either axis

_COSINES = np.cos(np.pi / SIDE * np.outer(np.arange(KEPT), np.arange(SIDE) + 0.5))


def perceptual_hash(image: Image.Image) -> str:
    """The 64-bit pHash of a picture: which of its 8 x 8 lowest frequencies lie above their median.

    The frequencies are those of the two-dimensional DCT-II of a grey picture of 32 x 32 pixels, as in the library
    imagehash; the picture is shrunk by area in place of Lanczos, which takes a tenth of the time.

    Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.1.

    Args:
        image: RGB, upright.

    Returns:
        16 hexadecimal digits; nearly the same pictures differ in few of the 64 bits.
    """
    step = max(1, min(image.size) // (2 * SIDE))
    grey = image.reduce(step).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    frequencies = _COSINES @ np.asarray(grey, np.float64) @ _COSINES.T
    return np.packbits(frequencies > np.median(frequencies)).tobytes().hex()
