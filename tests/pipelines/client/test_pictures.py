import io

import numpy as np
import pytest
from PIL import Image

from lookalike.client.service.pictures import batches, file_of
from lookalike_components.errors import UserError
from lookalike_components.pixels import to_pixels


def picture(height=6, width=9, channels=3):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def test_an_array_keeps_every_pixel():
    pixels = picture(8, 8)
    np.testing.assert_array_equal(to_pixels(file_of(pixels), 8), pixels)


@pytest.mark.parametrize("pixels", [picture()[:, :, 0], picture(channels=4)], ids=["grey", "with alpha"])
def test_grey_and_transparent_arrays_are_pictures_too(pixels):
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file_of(pixels)))), pixels)


def test_an_image_of_pillow_is_sent_as_its_file_would_be_seen():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.fromarray(picture(16, 16)).save(file, "PNG", exif=exif)
    opened = Image.open(io.BytesIO(file.getvalue()))
    np.testing.assert_array_equal(to_pixels(file_of(opened), 16), to_pixels(file.getvalue(), 16))


def test_an_image_of_pillow_in_a_mode_that_png_has_not_is_sent_as_rgb():
    image = Image.fromarray(picture()).convert("CMYK")
    assert Image.open(io.BytesIO(file_of(image))).mode == "RGB"


@pytest.mark.parametrize(
    ("array", "described"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32 4 x 4 x 3"),
        (np.zeros((2, 4, 4, 3), np.uint8), "uint8 2 x 4 x 4 x 3"),
        (np.zeros((4, 4, 2), np.uint8), "uint8 4 x 4 x 2"),
        (np.zeros((0, 4, 3), np.uint8), "uint8 0 x 4 x 3"),
    ],
)
def test_an_array_that_is_no_picture_is_the_users_fault(array, described):
    with pytest.raises(UserError) as error:
        file_of(array, 3)
    assert str(error.value) == (
        f"image 3 is an array of {described}; pass uint8 height x width x 3 (RGB), or use search_vectors for embeddings"
    )


def test_something_else_is_the_users_fault():
    with pytest.raises(UserError) as error:
        file_of(7, 2)
    assert str(error.value) == "image 2 is of the type int; pass bytes, a path, or uint8 pixels"


def test_a_uri_is_read_where_it_lies(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"bytes")
    assert file_of((tmp_path / "a.jpg").as_uri()) == b"bytes"


def test_requests_are_bounded_by_images_and_by_bytes():
    small, large = [b"x"] * 70, [b"x" * 9_000_000] * 3
    assert [(batch.first, len(batch.files)) for batch in batches(small)] == [(1, 32), (33, 32), (65, 6)]
    assert [(batch.first, len(batch.files)) for batch in batches(large)] == [(1, 1), (2, 1), (3, 1)]


def test_pictures_are_read_as_they_are_needed():
    read = []

    def pictures():
        for number in range(100):
            read.append(number)
            yield b"x"

    next(batches(pictures()))
    assert len(read) == 33
