"""Pictures of any kind as the bytes of image files, in requests of bounded size."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

    Picture = bytes | str | Path | npt.NDArray[np.uint8] | Image
else:
    Picture = bytes | str | Path | np.ndarray
    """The bytes of an image file, its path or URI, uint8 pixels ``[height, width, 3]`` (RGB), or an image of Pillow."""

Item = TypeVar("Item")
IMAGES = 32
"""Images of one request: more would not be faster, and busy servers would rather have less."""
BYTES = 16 * 2**20
KEPT_BY_PNG = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}


@dataclass(frozen=True, slots=True)
class Batch:
    """The images of one request."""

    first: int
    """Number of its first image among all of them, from 1."""
    files: list[bytes]


def batches(pictures: Iterable[Picture]) -> Iterator[Batch]:
    """Reads pictures and gathers them: up to 32, or until 16 MiB are reached.

    Raises:
        UserError: One of them cannot be read.
    """
    first = 1
    for files in gathered((file_of(picture, number) for number, picture in enumerate(pictures, start=1)), len):
        yield Batch(first, files)
        first += len(files)


def gathered(
    items: Iterable[Item], size: Callable[[Item], int], most_items: int = IMAGES, most_bytes: int = BYTES
) -> Iterator[list[Item]]:
    """Items in their order, as many together as may be: one at least, whatever its size.

    Args:
        items: They are read as they are needed.
        size: Tells the bytes of one.
        most_items: How many may be together.
        most_bytes: How many bytes these may have.
    """
    together: list[Item] = []
    nbytes = 0
    for item in items:
        more = size(item)
        if together and (len(together) == most_items or nbytes + more > most_bytes):
            yield together
            together, nbytes = [], 0
        together.append(item)
        nbytes += more
    if together:
        yield together


def file_of(picture: Picture, number: int = 1) -> bytes:
    """The bytes of an image file.

    Args:
        picture: A file's bytes, its path or URI, pixels, or an image of Pillow.
        number: Its place among others, for the sentence.

    Raises:
        UserError: The file cannot be read, or the pixels are none.
    """
    match picture:
        case bytes():
            return picture
        case str() | Path():
            return _read(picture)
        case np.ndarray():
            return _drawn(picture, number)
        case _ if hasattr(picture, "save"):
            return _saved(picture)
    raise UserError(f"image {number:,} is of the type {type(picture).__name__}; pass bytes, a path, or uint8 pixels")


def _read(path: str | Path) -> bytes:
    if "://" in str(path):
        from lookalike_components import storage

        return storage.read_bytes(str(path))
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); pass the path of an image file") from error


def _drawn(pixels: npt.NDArray[Any], number: int) -> bytes:
    is_picture = pixels.ndim in {2, 3} and pixels.shape[2:] in {(), (3,), (4,)}
    if pixels.dtype != np.uint8 or not is_picture or not pixels.size:
        shape = " x ".join(str(extent) for extent in pixels.shape)
        raise UserError(
            f"image {number:,} is an array of {pixels.dtype} {shape}; pass uint8 height x width x 3 (RGB), or use "
            "search_vectors for embeddings"
        )
    from PIL import Image

    return _saved(Image.fromarray(pixels))


def _saved(image: Any) -> bytes:
    """As PNG, which keeps every pixel; turned as its file says, since PNG would forget it."""
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    file = io.BytesIO()
    (turned if turned.mode in KEPT_BY_PNG else turned.convert("RGB")).save(file, "PNG", compress_level=1)
    return file.getvalue()
