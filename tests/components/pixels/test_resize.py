import io

import numpy as np
import pytest
from PIL import Image

from lookalike_components.pixels import BrokenImage, decode, thumbnail, to_pixels


def photo(width: int, height: int) -> bytes:
    """A JPEG with smooth colors and some texture, as a camera makes them."""
    y, x = np.mgrid[:height, :width]
    channels = [np.sin(x / 17) * 60 + 128, np.cos(y / 23) * 60 + 128, np.sin((x + y) / 5) * 30 + 128]
    file = io.BytesIO()
    Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8)).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_pixels_are_a_square_of_bytes_whatever_the_aspect_ratio() -> None:
    pixels = to_pixels(photo(300, 100), size=64)
    assert (pixels.shape, pixels.dtype) == ((64, 64, 3), np.uint8)


def test_exact_is_pillows_antialiased_bilinear_filter() -> None:
    data = photo(640, 480)
    expected = np.asarray(decode(data).resize((224, 224), Image.Resampling.BILINEAR))
    assert np.array_equal(to_pixels(data, 224), expected)


def test_pixels_can_be_written_to() -> None:
    assert to_pixels(photo(32, 32), size=16).flags.writeable


def test_fast_stays_within_a_few_levels_of_exact() -> None:
    exact, fast = (to_pixels(photo(1280, 960), 224, policy).astype(int) for policy in ("exact", "fast"))
    assert 0 < np.abs(exact - fast).mean() < 2


def test_fast_is_exact_where_the_image_cannot_be_halved() -> None:
    data = photo(400, 300)
    assert np.array_equal(to_pixels(data, 224, "fast"), to_pixels(data, 224, "exact"))


def test_fast_is_exact_where_the_format_knows_no_draft() -> None:
    file = io.BytesIO()
    decode(photo(900, 900)).save(file, "PNG")
    assert np.array_equal(to_pixels(file.getvalue(), 224, "fast"), to_pixels(file.getvalue(), 224, "exact"))


@pytest.mark.parametrize(("size", "expected"), [((600, 300), (96, 48)), ((300, 600), (48, 96)), ((60, 30), (60, 30))])
def test_a_thumbnail_fits_and_keeps_its_aspect_ratio(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = Image.open(io.BytesIO(thumbnail(photo(*size), 96)))
    assert (small.format, small.size) == ("WEBP", expected)


@pytest.mark.parametrize("make", [to_pixels, thumbnail])
def test_what_is_no_image_is_refused(make: object) -> None:
    with pytest.raises(BrokenImage, match=r"^is not an image$"):
        make(b"a text called .jpg", 32)
