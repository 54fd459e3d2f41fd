"""From the bytes of an image file to the square of pixels that an encoder takes, or to a thumbnail for people."""

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookalike_components.pixels.decode import decode

ResizePolicy = Literal["exact", "fast"]
FAST_MARGIN = 2
"""How many times the target a scaled JPEG keeps at least. Embeddings then keep a cosine of .9995 and more with those of
``exact``; with a margin of 1 it falls to .992, at 1.2 to 1.4 times the speed (``benchmarks/pixels.py``)."""
THUMBNAIL_QUALITY = 80


def to_pixels(data: bytes, size: int, resize: ResizePolicy = "exact") -> NDArray[np.uint8]:
    """Decodes an image file and resizes it to a square, without keeping its aspect ratio.

    Args:
        data: Bytes of an image file.
        size: Side of the square in pixels.
        resize: ``exact`` decodes everything and resizes with Pillow's antialiased bilinear filter; ``fast`` first lets
            the JPEG decoder halve the image, up to three times, while no side falls below twice ``size``. An encoder
            has to be used with the policy that it was trained with.

    Returns:
        uint8 ``[size, size, 3]``, RGB, 0 to 255.

    Raises:
        BrokenImage: The bytes are no image that can be used.
    """
    image = decode(data, at_least=FAST_MARGIN * size if resize == "fast" else 0)
    return np.array(image.resize((size, size), Image.Resampling.BILINEAR))


def thumbnail(data: bytes, size: int) -> bytes:
    """Cuts an image file down to a WebP that fits in ``size`` by ``size`` pixels, with its aspect ratio.

    Raises:
        BrokenImage: The bytes are no image that can be used.
    """
    image = decode(data, at_least=2 * size)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "WEBP", quality=THUMBNAIL_QUALITY)
    return written.getvalue()
