"""Sheets of pictures: what a folder holds, and what a query finds before and after fine-tuning."""

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from lookalike_components.errors import UserError
from lookalike_components.pixels import BrokenImage, decode
from lookalike_components.storage import read_bytes

Picture = bytes | str | Path
Match = tuple[Picture, bool]
"""A neighbour of a query, and whether it shows the same thing."""

GAP = 8
FRAME = 3
BADGE = 18
TEXT_SIZE = 11
FONTS = ("DejaVuSans.ttf", "Arial.ttf", "arial.ttf")
"""Fonts of Linux, macOS and Windows that know more alphabets than the one inside Pillow, which knows ASCII."""
PAPER, INK = "#ffffff", "#1f2328"
RIGHT, WRONG = "#1a7f37", "#cf222e"
STROKES = {True: [[(5, 9), (8, 12), (13, 6)]], False: [[(6, 6), (12, 12)], [(12, 6), (6, 12)]]}
"""The tick and the cross, as points on a badge of 18 x 18."""
SMOOTHING = 4


def sprite_sheet(
    pictures: Sequence[Picture], columns: int = 0, size: int = 96, captions: Sequence[str] = ()
) -> Image.Image:
    """Lays pictures out in rows, from left to right.

    Args:
        pictures: Files' paths, URIs, or encoded bytes.
        columns: Pictures in a row; 0 for a sheet about as wide as it is high.
        size: Side of the square, in pixels, that each picture is fitted into with its aspect ratio.
        captions: A text below each picture, cut where it would be wider; none by default.

    Returns:
        The sheet; a notebook shows it as the value of a cell, and ``save`` writes it to a file.

    Raises:
        UserError: There are no pictures, some but not all have a caption, or a picture cannot be read.
    """
    if not pictures:
        raise UserError("a sheet needs at least one picture")
    if captions and len(captions) != len(pictures):
        raise UserError(f"captions: {len(captions):,}, pictures: {len(pictures):,}; give each picture one caption")
    tiles = [_tile(picture, size) for picture in pictures]
    if captions:
        tiles = [stack([tile, _text(caption, size)], gap=2) for tile, caption in zip(tiles, captions, strict=True)]
    columns = columns or math.ceil(math.sqrt(len(tiles)))
    rows = [_beside(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return _with_margin(stack(rows))


def matches_sheet(query: Picture, before: Sequence[Match], after: Sequence[Match], size: int = 96) -> Image.Image:
    """Shows a query, and beside it what it found before and after fine-tuning.

    A right neighbour has a green frame and a tick, a wrong one a red frame and a cross.

    Args:
        query: File's path, URI, or encoded bytes.
        before: The neighbours that the pretrained encoder found, nearest first.
        after: The neighbours that the fine-tuned encoder found, nearest first.
        size: Side in pixels of each picture's square.

    Raises:
        UserError: A picture cannot be read.
    """
    asked = stack([_tile(query, size), _text("query", size)], gap=2)
    found = stack([_row("before", before, size), _row("after", after, size)])
    return _with_margin(_beside([asked, found], gap=2 * GAP))


def stack(images: Sequence[Image.Image], gap: int = GAP) -> Image.Image:
    """Puts images, such as the sheets of several queries, below each other on white."""
    sheet = Image.new(
        "RGB",
        (max(image.width for image in images), sum(image.height for image in images) + gap * (len(images) - 1)),
        PAPER,
    )
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height + gap
    return sheet


def _beside(images: Sequence[Image.Image], gap: int = GAP) -> Image.Image:
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    sheet = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        sheet.paste(image, (left, (sheet.height - image.height) // 2))
        left += image.width + gap
    return sheet


def _with_margin(sheet: Image.Image) -> Image.Image:
    return ImageOps.expand(sheet, GAP, PAPER)


def _row(name: str, matches: Sequence[Match], size: int) -> Image.Image:
    return _beside([_text(name, size // 2), *(_judged(picture, right, size) for picture, right in matches)])


def _judged(picture: Picture, right: bool, size: int) -> Image.Image:
    tile = ImageOps.expand(_tile(picture, size - 2 * FRAME), FRAME, RIGHT if right else WRONG)
    badge = _badge(right)
    tile.paste(badge, (0, 0), badge)
    return tile


def _tile(picture: Picture, size: int) -> Image.Image:
    data = picture if isinstance(picture, bytes) else read_bytes(str(picture))
    try:
        return ImageOps.pad(decode(data), (size, size), color=PAPER)
    except BrokenImage as error:
        raise UserError(f"{'a picture' if isinstance(picture, bytes) else picture} {error}") from error


@cache
def _badge(right: bool) -> Image.Image:
    """A tick or a cross on a disc; drawn larger and then reduced, since Pillow's strokes are not smooth."""
    large = Image.new("RGBA", (BADGE * SMOOTHING, BADGE * SMOOTHING))
    pen = ImageDraw.Draw(large)
    pen.ellipse((0, 0, large.width - 1, large.height - 1), RIGHT if right else WRONG)
    for stroke in STROKES[right]:
        points = [(x * SMOOTHING, y * SMOOTHING) for x, y in stroke]
        pen.line(points, PAPER, 2 * SMOOTHING, joint="curve")
    return large.reduce(SMOOTHING)


def _text(text: str, width: int) -> Image.Image:
    line = Image.new("RGB", (width, TEXT_SIZE + 6), PAPER)
    middle = (width / 2, line.height / 2)
    ImageDraw.Draw(line).text(middle, _cut(text, width), INK, _font(), anchor="mm")
    return line


def _cut(text: str, width: int) -> str:
    shorter = (f"{text[:length]}…" for length in range(len(text) - 1, 0, -1))
    return next((words for words in (text, *shorter) if _font().getlength(words) <= width), "")


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, TEXT_SIZE)
    return ImageFont.load_default(TEXT_SIZE)
