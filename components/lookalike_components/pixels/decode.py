"""From the bytes of an image file to an upright RGB image, or one short reason why not.

What becomes of each kind of file is decided in ``docs/pixels.md``, and pinned by the golden files of the tests.
"""

import io
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image

from lookalike_components.pixels.faults import BrokenImage, TooManyPixels, refusing
from lookalike_components.pixels.hashing import SIDE, perceptual_hash
from lookalike_components.pixels.quality import Quality, quality

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 120_000_000  # a camera of 108 megapixels; 480 MB while it is decoded, 1.4 GB with transparency
MOST_PIXELS_A_SIDE = 65_535  # JPEG's own limit; a strip of 1 x 100 million would need gigabytes to be resized
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")
UNREADABLE = {
    "I": "has 32-bit pixels (8 or 16 bits are read)",
    "F": "has 32-bit pixels (8 or 16 bits are read)",
    "LAB": "has Lab colours (grey, RGB and CMYK are read)",
}
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ON_ITS_SIDE = (5, 6, 7, 8)
LOOKED_AT = 4 * SIDE  # pixels a side that are enough for the perceptual hash: at most two of its bits differ

# Pillow warns of odd metadata and of many pixels; what we cannot use is refused with a reason, the rest is fine.
warnings.filterwarnings("ignore", module=r"PIL\.")


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
    perceptual_hash: str | None


class _Opened(NamedTuple):
    """An upright image, and what its file says of it; a JPEG may have been halved since."""

    image: Image.Image
    format: str
    width: int
    height: int

    def facts(self) -> ImageFacts:
        return ImageFacts(self.format, self.width, self.height, perceptual_hash(self.image))


def inspect(data: bytes) -> ImageFacts:
    """Reads the whole image, so that what is accepted once never fails later, and tells what the table wants.

    Of a JPEG every code is read, which is where one can be broken, and as many pixels are made of them as the hash
    looks at: half the time for a large photo.

    Raises:
        BrokenImage: As `decode` does.
    """
    return _read(data, at_least=LOOKED_AT).facts()


def inspect_closely(data: bytes) -> tuple[ImageFacts, Quality]:
    """As `inspect`, and how the image looks.

    Raises:
        BrokenImage: As `decode` does.
    """
    opened = _read(data)
    return opened.facts(), quality(opened.image)


def decode(data: bytes, at_least: int = 0, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Decodes an image file to RGB with 8 bits a channel.

    The EXIF orientation is applied, transparency is laid on white, 16-bit grey is scaled to 8 bits, and of an
    animation the first frame is taken.

    Args:
        data: Bytes of an image file.
        at_least: Lets the JPEG decoder halve the image, up to three times, while no side falls below this many
            pixels. 0 decodes every pixel.
        most_pixels: How many the header may announce.

    Raises:
        BrokenImage: The bytes are empty, no image, truncated, damaged, of 32 bits a pixel, or of more pixels than
            ``most_pixels`` or `MOST_PIXELS_A_SIDE`.
    """
    return _read(data, at_least, most_pixels).image


def _read(data: bytes, at_least: int = 0, most_pixels: int = MOST_PIXELS) -> _Opened:
    with refusing(data):
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _refuse_too_large(image, most_pixels)
        size = image.size
        if at_least:
            image.draft("RGB", (at_least, at_least))
        image.load()
        orientation = _orientation(image)
        width, height = reversed(size) if orientation in ON_ITS_SIDE else size
        return _Opened(_turned(_rgb(image), orientation), _format(image), width, height)


def _refuse_too_large(image: Image.Image, most_pixels: int) -> None:
    """Looks at the header's numbers, before a pixel is decoded."""
    if image.width * image.height > most_pixels:
        raise TooManyPixels
    if max(image.size) > MOST_PIXELS_A_SIDE:
        raise BrokenImage(f"has a side of more than {MOST_PIXELS_A_SIDE:,} pixels")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; a picture whose EXIF cannot be read is as good as one without."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the parser raises whatever it trips over, as the decoders do
        return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """As `PIL.ImageOps.exif_transpose`, which copies the pixels even where nothing turns, and writes the EXIF anew."""
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in UNREADABLE:
        raise BrokenImage(UNREADABLE[image.mode])
    if image.mode in SIXTEEN_BIT:
        return Image.fromarray(np.round(np.asarray(image, np.float32) / 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    opaque = Image.new("RGB", image.size, "white")
    see_through = image if image.mode == "RGBA" else image.convert("RGBA")
    opaque.paste(see_through, mask=see_through)
    return opaque


def _format(image: Image.Image) -> str:
    """A phone's MPO is a JPEG with further pictures behind it."""
    return "JPEG" if image.format == "MPO" else str(image.format)
