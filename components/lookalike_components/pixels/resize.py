"""From the bytes of an image file to the square of pixels that an encoder takes, or to a thumbnail for people."""

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookalike_components.pixels.decode import MOST_PIXELS, decode

ResizePolicy = Literal["exact", "fast"]
Aspect = Literal["squash", "pad", "crop"]
FAST_MARGIN = 2
"""How many times the target a scaled JPEG keeps at least. Embeddings then keep a cosine of .9995 and more with those of
``exact``; with a margin of 1 it falls to .992, at 1.2 to 1.4 times the speed (``benchmarks/pixels.py``)."""
PADDING = 124, 116, 104
"""Mean colour of ImageNet's pictures, which comes out as nothing behind the normalisation of most networks."""
THUMBNAIL_QUALITY = 80


def to_pixels(
    data: bytes,
    size: int,
    resize: ResizePolicy = "exact",
    aspect: Aspect = "squash",
    most_pixels: int = MOST_PIXELS,
) -> NDArray[np.uint8]:
    """Decodes an image file and resizes it to a square. An encoder has to be used with what it was trained with.

    Args:
        data: Bytes of an image file.
        size: Side of the square in pixels.
        resize: ``exact`` decodes everything and resizes with Pillow's antialiased bilinear filter; ``fast`` first lets
            the JPEG decoder halve the image, up to three times, while no side falls below twice ``size``.
        aspect: ``squash`` makes a square of the whole picture, whatever its shape; ``pad`` keeps its shape and fills
            the rest evenly on both sides; ``crop`` keeps its shape and takes the square in its middle.
        most_pixels: How many the file's header may announce.

    Returns:
        uint8 ``[size, size, 3]``, RGB, 0 to 255.

    Raises:
        BrokenImage: The bytes are no image that can be used.
    """
    image = decode(data, FAST_MARGIN * size if resize == "fast" else 0, most_pixels)
    return np.array(_SQUARED[aspect](image, size))


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


def _squashed(image: Image.Image, size: int) -> Image.Image:
    return image.resize((size, size), Image.Resampling.BILINEAR)


def _padded(image: Image.Image, size: int) -> Image.Image:
    scale = size / max(image.size)
    width, height = (max(1, round(scale * side)) for side in image.size)
    square = Image.new("RGB", (size, size), PADDING)
    square.paste(image.resize((width, height), Image.Resampling.BILINEAR), ((size - width) // 2, (size - height) // 2))
    return square


def _cropped(image: Image.Image, size: int) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))


_SQUARED = {"squash": _squashed, "pad": _padded, "crop": _cropped}
