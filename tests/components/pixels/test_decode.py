import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike_components.errors import UserError
from lookalike_components.pixels import BrokenImage, decode, inspect

ORIENTATION = 0x0112
QUARTER_TURN = 6  # stored lying on its side: turn it clockwise to look at it


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(width: int = 40, height: int = 30) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(256, size=(height, width, 3), dtype=np.uint8))


def turned(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = QUARTER_TURN
    return encoded(image, exif=exif)


def damaged(data: bytes) -> bytes:
    return data[:500] + bytes(500) + data[1000:]


def color_of(data: bytes) -> tuple[int, ...]:
    return decode(data).getpixel((0, 0))


def told(data: bytes) -> tuple[str, int, int]:
    facts = inspect(data)
    return facts.format, facts.width, facts.height


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_tells_format_and_size_of(kind: str) -> None:
    assert told(encoded(noise(), kind)) == (kind, 40, 30)


def test_a_phones_jpeg_with_a_second_picture_behind_it_is_a_jpeg() -> None:
    data = encoded(noise(), "MPO", save_all=True, append_images=[noise()])
    assert told(data) == ("JPEG", 40, 30)


def test_a_picture_taken_sideways_is_put_upright() -> None:
    upright = decode(turned(noise()))
    assert np.array_equal(upright, np.rot90(noise(), k=-1))


def test_the_size_told_is_that_of_the_upright_picture() -> None:
    assert told(turned(noise(40, 30))) == ("PNG", 30, 40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_becomes_white_in(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert color_of(encoded(clear.convert(mode), "TIFF" if mode == "PA" else "PNG")) == (255, 255, 255)


def test_a_transparent_palette_entry_becomes_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert color_of(encoded(image, transparency=1)) == (255, 255, 255)


def test_what_is_half_transparent_is_mixed_with_white() -> None:
    assert color_of(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 128)))) == (255, 127, 127)


def test_sixteen_bit_grey_is_scaled_to_eight() -> None:
    ramp = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    assert np.asarray(decode(encoded(Image.fromarray(ramp))))[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(("mode", "color", "expected"), [("L", 90, (90, 90, 90)), ("1", 1, (255, 255, 255))])
def test_one_channel_becomes_three(mode: str, color: int, expected: tuple[int, ...]) -> None:
    assert color_of(encoded(Image.new(mode, (4, 4), color))) == expected


def test_a_cmyk_jpeg_comes_out_in_its_own_colors() -> None:
    red = color_of(encoded(Image.new("RGB", (16, 16), "red").convert("CMYK"), "JPEG"))
    assert np.allclose(red, (255, 0, 0), atol=3)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    assert color_of(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])) == (255, 0, 0)


@pytest.mark.parametrize("read", [decode, inspect])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"hi\n", "is not an image", id="a short text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 9, "is not an image", id="a drawing"),
        pytest.param(encoded(noise(), "JPEG")[:900], "is truncated", id="half a JPEG"),
        pytest.param(encoded(noise(), "PNG")[:900], "is truncated", id="half a PNG"),
        pytest.param(damaged(encoded(noise())), "is damaged", id="a PNG with garbage in it"),
        pytest.param(encoded(Image.new("F", (4, 4)), "TIFF"), "has 32-bit pixels (8 or 16 bits are read)", id="floats"),
    ],
)
def test_refuses_with_a_reason(read: object, data: bytes, reason: str) -> None:
    with pytest.raises(BrokenImage) as refused:
        read(data)
    assert str(refused.value) == reason


def test_a_file_that_announces_more_pixels_than_fit_in_memory_is_refused() -> None:
    bomb = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    bomb[18:26] = np.array([60_000, 60_000], dtype="<i4").tobytes()  # width and height in the header
    with pytest.raises(BrokenImage, match=r"^has too many pixels$"):
        decode(bytes(bomb))


def test_a_broken_image_is_the_users_to_change() -> None:
    assert issubclass(BrokenImage, UserError)


@pytest.mark.filterwarnings("ignore:::PIL")
@settings(max_examples=60, deadline=None)  # a changed size may announce a large image
@given(position=st.integers(0, 900), value=st.integers(0, 255), kind=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF"]))
def test_a_changed_byte_is_decoded_or_refused_but_never_crashes(position: int, value: int, kind: str) -> None:
    data = bytearray(encoded(noise(), kind))
    data[position] = value
    with suppress(BrokenImage):
        assert decode(bytes(data)).mode == "RGB"
