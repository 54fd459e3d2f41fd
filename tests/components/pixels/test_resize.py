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


def test_fast_stays_within_a_level_of_exact_on_the_average() -> None:
    exact, fast = (to_pixels(photo(1280, 960), 224, policy).astype(int) for policy in ("exact", "fast"))
    assert 0 < np.abs(exact - fast).mean() < 1


@pytest.mark.parametrize(("width", "drafted"), [(895, False), (896, True)])
def test_fast_never_halves_a_picture_below_twice_the_target(width: int, drafted: bool) -> None:
    data = photo(width, 1000)
    assert np.array_equal(to_pixels(data, 224, "fast"), to_pixels(data, 224, "exact")) is not drafted


@pytest.mark.parametrize("policy", ["exact", "fast"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [1, 7, 32, 100, 128, 224, 300, 447, 448])
def test_a_fine_chequerboard_becomes_grey_and_no_pattern(size: int, kind: str, policy: str) -> None:
    """Without antialiasing its pixels would come out black, white, or as stripes."""
    board = (np.indices((896, 896)).sum(axis=0) % 2 * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(board).save(file, kind, **({"quality": 95} if kind == "JPEG" else {}))
    assert np.abs(to_pixels(file.getvalue(), size, policy).astype(int) - 127.5).max() <= 4


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
