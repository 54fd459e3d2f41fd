"""A short code that pictures keep when they are saved again, made smaller, or a little brighter."""

import numpy as np
from PIL import Image

SIDE = 32  # of the grey picture that is looked at
KEPT = 8  # lowest frequencies along either axis
FEWEST_LEVELS = 3  # of 256 between the darkest and the brightest of its pixels; below, there is nothing to tell apart
_REDUCING_GAP = 2.0  # shrink by whole factors to twice the side first: half the time, and at most 2 bits change
_DECIMALS = 6  # a frequency that is not there counts as 0, and not as the rounding error that the sum leaves

_COSINES = np.cos(np.pi / SIDE * np.outer(np.arange(KEPT), np.arange(SIDE) + 0.5))


def perceptual_hash(image: Image.Image) -> str | None:
    """The 64-bit pHash of a picture: which of its 8 x 8 lowest frequencies lie above their median.

    The frequencies are those of the two-dimensional DCT-II of a grey picture of 32 x 32 pixels, as in the library
    imagehash.

    Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.1.

    Args:
        image: RGB, upright.

    Returns:
        16 hexadecimal digits; nearly the same pictures differ in few of the 64 bits. None for a picture of one colour,
        which has no frequencies: a red and a blue one would be the same.
    """
    grey = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP).convert("L")
    levels = np.asarray(grey, np.float64)
    if np.ptp(levels) < FEWEST_LEVELS:
        return None
    frequencies = np.round(_COSINES @ levels @ _COSINES.T, _DECIMALS)
    return np.packbits(frequencies > np.median(frequencies)).tobytes().hex()
