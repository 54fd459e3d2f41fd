import io

import numpy as np
import pytest
from PIL import Image

from lookalike_components.pixels import BrokenImage, decode, thumbnail, to_pixels
from lookalike_components.pixels.resize import PADDING


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


def stripes(width: int, height: int) -> Image.Image:
    """Columns and rows that can be told apart: red says how far to the right, green how far down."""
    down, right = np.mgrid[:height, :width] * 10
    return Image.fromarray(np.stack([right, down, 0 * down], axis=-1).astype(np.uint8))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("width", "height"), [(12, 6), (6, 12), (11, 6), (6, 11)])
@pytest.mark.parametrize("policy", ["exact", "fast"])
def test_pad_keeps_every_pixel_and_lays_a_plain_edge_evenly_around_them(width: int, height: int, policy: str) -> None:
    image = stripes(width, height)
    pixels = to_pixels(png(image), max(width, height), policy, "pad")
    left, top = (max(width, height) - width) // 2, (max(width, height) - height) // 2
    inside = np.zeros(pixels.shape[:2], bool)
    inside[top : top + height, left : left + width] = True
    assert np.array_equal(pixels[inside], np.asarray(image).reshape(-1, 3))
    assert (pixels[~inside] == PADDING).all()


@pytest.mark.parametrize(("width", "height", "left", "top"), [(12, 6, 3, 0), (6, 12, 0, 3)])
def test_crop_takes_the_square_in_the_middle(width: int, height: int, left: int, top: int) -> None:
    image = stripes(width, height)
    expected = np.asarray(image)[top : top + 6, left : left + 6]
    assert np.array_equal(to_pixels(png(image), 6, aspect="crop"), expected)


def test_crop_takes_half_pixels_where_the_middle_lies_between_two() -> None:
    pixels = to_pixels(png(stripes(9, 6)), 6, aspect="crop")
    assert pixels[0, :, 0].tolist() == [15, 25, 35, 45, 55, 65]


def test_squares_come_out_alike_whatever_becomes_of_other_shapes() -> None:
    squash, pad, crop = (to_pixels(photo(400, 400), 224, "exact", aspect) for aspect in ("squash", "pad", "crop"))
    assert np.array_equal(squash, pad)
    assert np.array_equal(squash, crop)


@pytest.mark.parametrize("aspect", ["pad", "crop"])
def test_fast_stays_close_to_exact_whatever_becomes_of_the_shape(aspect: str) -> None:
    exact, fast = (to_pixels(photo(1280, 960), 224, policy, aspect).astype(int) for policy in ("exact", "fast"))
    assert 0 < np.abs(exact - fast).mean() < 1


def test_a_line_of_pixels_is_padded_too() -> None:
    pixels = to_pixels(png(Image.new("RGB", (1000, 1), "red")), 10, aspect="pad")
    assert (pixels == (255, 0, 0)).all(axis=2).sum(axis=1).tolist() == [0, 0, 0, 0, 10, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("size", "expected"), [((600, 300), (96, 48)), ((300, 600), (48, 96)), ((60, 30), (60, 30))])
def test_a_thumbnail_fits_and_keeps_its_aspect_ratio(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = Image.open(io.BytesIO(thumbnail(photo(*size), 96)))
    assert (small.format, small.size) == ("WEBP", expected)


@pytest.mark.parametrize("make", [to_pixels, thumbnail])
def test_what_is_no_image_is_refused(make: object) -> None:
    with pytest.raises(BrokenImage, match=r"^is not an image$"):
        make(b"a text called .jpg", 32)
