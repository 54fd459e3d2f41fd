"""Why bytes cannot be decoded: what their beginning promises, and whether their end is there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image

from lookalike_components.errors import UserError


class BrokenImage(UserError):  # noqa: N818
    """The bytes are no image that can be used; the message is the predicate of a sentence: ``is truncated``."""


class TooManyPixels(BrokenImage):
    """The header announces more pixels than are decoded."""

    def __init__(self) -> None:
        super().__init__("has too many pixels")


@contextmanager
def refusing(data: bytes) -> Iterator[None]:
    """Turns whatever a parser or decoder trips over into one short reason.

    Raises:
        BrokenImage: In place of any exception.
    """
    try:
        yield
    except BrokenImage:
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except Exception as error:  # they raise whatever they like, and the bytes are a stranger's
        raise BrokenImage(_reason(data, str(error))) from error


def _reason(data: bytes, message: str) -> str:
    if not data:
        return "is empty"
    if data[4:8] == b"ftyp" and data[8:12] in _APPLE_AND_AV1:
        return "is HEIC or AVIF, which is not read; save it as JPEG"
    ends_early = next((ends for start, ends in _ENDINGS.items() if data.startswith(start)), None)
    if ends_early is None:
        return "is not an image"
    if "Decompressed data too large" in message:  # Pillow unpacks 1 MiB of text at most
        return "has too much text in it"
    return "is truncated" if "truncated" in message or ends_early(data) else "is damaged"


def _jpeg_ends_early(data: bytes) -> bool:
    """No end of image behind the last start of a scan; an embedded thumbnail has an end of its own before that."""
    return data.rfind(b"\xff\xd9") <= data.rfind(b"\xff\xda")


def _tiff_ends_early(data: bytes) -> bool:
    order = "little" if data.startswith(b"II") else "big"
    return int.from_bytes(data[4:8], order) >= len(data)  # type: ignore[arg-type]


_APPLE_AND_AV1 = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_ENDINGS: dict[bytes, Callable[[bytes], bool]] = {
    b"\xff\xd8\xff": _jpeg_ends_early,
    b"\x89PNG\r\n\x1a\n": lambda data: b"IEND" not in data,
    b"GIF8": lambda data: not data.endswith(b";"),
    b"RIFF": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    b"II*\0": _tiff_ends_early,
    b"MM\0*": _tiff_ends_early,
    b"BM": lambda data: int.from_bytes(data[2:6], "little") > len(data),
}
