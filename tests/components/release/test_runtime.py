"""A release turns pictures into vectors and vectors into neighbours, without torch."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release.runtime import BATCH_SIZE, Release


def png(colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour, in a size that the release does not have."""
    written = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def release(folder: Path) -> Release:
    return Release.open(folder)


def test_pictures_become_vectors_of_length_one(release: Release):
    vectors = release.encode([png((200, 0, 0)), png((30, 40, 0))])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[1, 0, 0], [0.6, 0.8, 0]], atol=1e-6)


def test_more_pictures_than_a_batch_keep_their_order(release: Release):
    colours = [(255, level, 0) for level in range(BATCH_SIZE + 5)]
    expected = np.array(colours) / np.linalg.norm(colours, axis=1, keepdims=True)
    np.testing.assert_allclose(release.encode([png(colour) for colour in colours]), expected, atol=1e-6)


def test_no_pictures_make_no_vectors(release: Release):
    assert release.encode([]).shape == (0, 3)


def test_pixels_of_the_right_size_are_taken_as_they_are(release: Release):
    pixels = np.full((1, 8, 8, 3), (0, 7, 0), np.uint8)
    np.testing.assert_allclose(release.encode_pixels(pixels), [[0, 1, 0]], atol=1e-6)


def test_the_nearest_come_first_with_what_they_are(release: Release):
    matches = release.search(np.array([[1, 0, 0], [0, 0, 1]], np.float32), k=2)
    assert matches.ids == [["red-0", "red-1"], ["blue-0", "blue-1"]]
    assert matches.uris == [["red/0.png", "red/1.png"], ["blue/0.png", "blue/1.png"]]
    assert matches.labels == [["red", "red"], ["blue", ""]]
    np.testing.assert_allclose(matches.scores, [[1, 0.8], [1, 0.8]], atol=1e-6)


def test_a_broken_picture_is_named_by_its_number(release: Release):
    with pytest.raises(UserError) as error:
        release.encode([png((1, 2, 3))] * BATCH_SIZE + [b"hello"])
    assert str(error.value) == "image 33 is not an image; send another"


def test_pixels_of_another_size_are_refused(release: Release):
    with pytest.raises(UserError) as error:
        release.encode_pixels(np.zeros((1, 9, 9, 3), np.uint8))
    assert str(error.value) == (
        "the pixels are uint8 1 x 9 x 9 x 3 but the encoder takes uint8 n x 8 x 8 x 3 (RGB); "
        "resize them, or send the image files themselves"
    )


@pytest.mark.parametrize("k", [0, 7])
def test_k_lies_between_one_and_the_size_of_the_index(release: Release, k: int):
    with pytest.raises(UserError) as error:
        release.search(np.eye(3, dtype=np.float32), k)
    assert str(error.value) == f"k is {k} but the index holds 6 images; ask for 1 to 6"


def test_vectors_of_another_encoder_are_refused(release: Release):
    with pytest.raises(UserError) as error:
        release.search(np.ones((1, 4), np.float32), k=1)
    assert str(error.value) == ("the vectors have shape (1, 4) but this release makes n x 3; encode with it")


def test_a_touched_release_does_not_open(folder: Path, flip: Callable[[str], None]):
    flip("encoder.onnx")
    with pytest.raises(LookalikeError, match=r"^encoder\.onnx in the release"):
        Release.open(folder)


def test_neither_torch_nor_kfp_is_loaded(folder: Path):
    code = (
        "import sys; from lookalike_components.release.runtime import Release; "
        "Release.open(sys.argv[1]); print([name for name in ('torch', 'kfp') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert finished.stdout == "[]\n"
