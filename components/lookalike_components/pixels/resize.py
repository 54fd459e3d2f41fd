"""From the bytes of an image file to the square of pixels that an encoder takes, or to a thumbnail for people."""

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookalike_components.pixels.decode import open_image, upright_rgb

ResizePolicy = Literal["exact", "fast"]
THUMBNAIL_QUALITY = 80


def to_pixels(data: bytes, size: int, resize: ResizePolicy = "exact") -> NDArray[np.uint8]:
    """Decodes an image file and resizes it to a square, without keeping its aspect ratio.

    Args:
        data: Bytes of an image file.
        size: Side of the square in pixels.
        resize: ``exact`` decodes everything and resizes with Pillow's antialiased bilinear filter; ``fast`` first lets
            the JPEG decoder halve the image, up to three times, while no side falls below ``size``. An encoder has to
            be used with the policy that it was trained with.

    Returns:
        uint8 ``[size, size, 3]``, RGB, 0 to 255.

    Raises:
        BrokenImage: The bytes are no image that can be used.
    """
    image = open_image(data)
    if resize == "fast":
        image.draft("RGB", (size, size))
    return np.array(upright_rgb(image).resize((size, size), Image.Resampling.BILINEAR))


def thumbnail(data: bytes, size: int) -> bytes:
    """Cuts an image file down to a WebP that fits in ``size`` by ``size`` pixels, with its aspect ratio.

    Raises:
        BrokenImage: The bytes are no image that can be used.
    """
    image = open_image(data)
    image.draft("RGB", (2 * size, 2 * size))
    image = upright_rgb(image)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "WEBP", quality=THUMBNAIL_QUALITY)
    return written.getvalue()
