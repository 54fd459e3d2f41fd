"""From the bytes of an image file to an upright RGB image, or one short reason why not."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from lookalike_components.errors import UserError
from lookalike_components.pixels.hashing import perceptual_hash

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")
WIDER_THAN_SIXTEEN_BIT = ("I", "F")

# Pillow warns of odd metadata and of many pixels; what we cannot use is refused with a reason, the rest is fine.
warnings.filterwarnings("ignore", module=r"PIL\.")


class BrokenImage(UserError):  # noqa: N818
    """The bytes are no image that can be used; the message is the predicate of a sentence: ``is truncated``."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the table of images says about a file.

    Attributes:
        format: ``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``BMP`` or ``TIFF``.
        width: Pixels from left to right, once the image is upright.
        height: Pixels from top to bottom, once the image is upright.
        perceptual_hash: See `lookalike_components.pixels.hashing.perceptual_hash`.
    """

    format: str
    width: int
    height: int
    perceptual_hash: str


def inspect(data: bytes) -> ImageFacts:
    """Decodes the whole image, so that what is accepted once never fails later, and tells what the table wants.

    Raises:
        BrokenImage: As `decode` does.
    """
    opened = open_image(data)
    upright = upright_rgb(opened)
    return ImageFacts(_format(opened), upright.width, upright.height, perceptual_hash(upright))


def decode(data: bytes) -> Image.Image:
    """Decodes an image file to RGB with 8 bits a channel.

    The EXIF orientation is applied, transparency is laid on white, 16-bit grey is scaled to 8 bits, and of an
    animation the first frame is taken.

    Raises:
        BrokenImage: The bytes are empty, no image, truncated, damaged, of more pixels than Pillow decodes
            (`PIL.Image.MAX_IMAGE_PIXELS` times two), or of 32 bits a pixel.
    """
    return upright_rgb(open_image(data))


def open_image(data: bytes) -> Image.Image:
    """Reads the header of an image file; the pixels stay undecoded, so that a JPEG can still be drafted.

    Raises:
        BrokenImage: The bytes are empty, no image, or announce too many pixels.
    """
    if not data:
        raise BrokenImage("is empty")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BrokenImage("is not an image") from error
    except Image.DecompressionBombError as error:
        raise BrokenImage("has too many pixels") from error
    except Exception as error:  # a parser raises whatever it trips over, and the bytes are a stranger's
        raise BrokenImage("is damaged") from error


def upright_rgb(image: Image.Image) -> Image.Image:
    """Decodes an opened image to RGB, upright and without transparency.

    Raises:
        BrokenImage: The pixels are truncated, damaged, or of 32 bits.
    """
    try:
        image.load()
        return _rgb(ImageOps.exif_transpose(image))
    except BrokenImage:
        raise
    except Exception as error:  # a decoder raises whatever it trips over, and the bytes are a stranger's
        raise BrokenImage("is truncated" if "truncated" in str(error) else "is damaged") from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in WIDER_THAN_SIXTEEN_BIT:
        raise BrokenImage("has 32-bit pixels (8 or 16 bits are read)")
    if image.mode in SIXTEEN_BIT:
        image = Image.fromarray(np.round(np.asarray(image, np.float32) / 257).astype(np.uint8))
    return _on_white(image) if image.has_transparency_data else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _format(image: Image.Image) -> str:
    """A phone's MPO is a JPEG with further pictures behind it."""
    return "JPEG" if image.format == "MPO" else str(image.format)
