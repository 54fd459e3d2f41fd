"""Small pictures of entries that are added as images, such as *export* makes of what it puts into a release."""

from collections.abc import Sequence

from lookalike_components import pixels
from lookalike_components.serve.engine.deadline import Deadline

PIXELS = 96
"""Longest side."""
MOST_BYTES = 10 * 1024
"""Of one; larger ones are not kept. Even those of noise are smaller."""


def thumbnails_of(images: Sequence[bytes | None], deadline: Deadline) -> tuple[bytes, ...]:
    """Makes thumbnails, for as long as somebody waits for them.

    Args:
        images: Image files; None where there is none.
        deadline: Until when.

    Returns:
        A WebP of each, empty where there is none.

    Raises:
        TooLate: The deadline is over.
    """
    return tuple(_thumbnail(image, deadline) if image is not None else b"" for image in images)


def _thumbnail(image: bytes, deadline: Deadline) -> bytes:
    if deadline.is_over:
        raise deadline.too_late()
    try:
        webp = pixels.thumbnail(image, PIXELS)
    except pixels.BrokenImage:  # it was encoded, so it only has more pixels than thumbnails are made of
        return b""
    return webp if len(webp) <= MOST_BYTES else b""
