import numpy as np
import pytest
from PIL import Image, ImageFilter

from lookalike_components.pixels import quality


def board(side: int = 256, square: int = 32) -> Image.Image:
    tiles = np.indices((side, side)) // square
    return Image.fromarray((tiles.sum(axis=0) % 2 * 200 + 20).astype(np.uint8)).convert("RGB")


def test_brightness_and_contrast_are_mean_and_deviation_of_the_grey_levels() -> None:
    half = Image.new("RGB", (100, 100), (50, 50, 50))
    half.paste((150, 150, 150), (0, 0, 50, 100))
    measured = quality(half)
    assert (measured.brightness, measured.contrast) == (100, 50)


def test_sharpness_is_the_variance_of_the_laplacian_in_the_sharpest_tile() -> None:
    """One white pixel on black, alone in a tile of 4 x 4: the Laplacian is -1020 there and 255 at four neighbours."""
    dot = Image.new("RGB", (16, 16))
    dot.putpixel((5, 5), (255, 255, 255))
    tile = np.array([-1020, 255, 255, 255, 255, *[0] * 11], float)
    assert quality(dot).sharpness == pytest.approx(tile.var())


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_each_blur_takes_most_of_the_sharpness(radius: int) -> None:
    sharper, softer = (board().filter(ImageFilter.GaussianBlur(r)) for r in (radius / 2, radius))
    assert quality(softer).sharpness < 0.5 * quality(sharper).sharpness


def test_a_sharp_thing_before_a_blurred_background_is_sharp() -> None:
    blurred = board().filter(ImageFilter.GaussianBlur(6))
    portrait = blurred.copy()
    portrait.paste(board(64, 8), (96, 96))
    assert quality(portrait).sharpness > 100 * quality(blurred).sharpness


def test_the_scale_of_the_file_does_not_matter() -> None:
    large = board(1024, 128).filter(ImageFilter.GaussianBlur(8))
    small = board(256, 32).filter(ImageFilter.GaussianBlur(2))
    assert quality(large).sharpness == pytest.approx(quality(small).sharpness, rel=0.25)


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (2, 3), (5, 5)])
def test_a_picture_of_one_color_has_no_sharpness_and_no_contrast(size: tuple[int, int]) -> None:
    measured = quality(Image.new("RGB", size, (90, 90, 90)))
    assert (measured.sharpness, measured.contrast) == (0, 0)
