import io
from collections.abc import Callable

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from lookalike_components.pixels import inspect
from lookalike_components.pixels.hashing import perceptual_hash

LOOKS = range(12)


def scene(number: int, width: int = 400, height: int = 300) -> Image.Image:
    """Light and shade at every scale, as in a photo."""
    random = np.random.default_rng(number)
    layers = [
        Image.fromarray(random.integers(256, size=(side, side, 3), dtype=np.uint8)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        for side in (3, 6, 12, 40)
    ]
    weights = np.array([0.45, 0.3, 0.15, 0.1])
    mixed = np.tensordot(weights, np.stack([np.asarray(layer, float) for layer in layers]), axes=1)
    return Image.fromarray(mixed.astype(np.uint8))


def saved_as_jpeg(image: Image.Image, quality: int = 70) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def halved(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.08)


def bits_apart(first: str | None, second: str | None) -> int:
    return (int(str(first), 16) ^ int(str(second), 16)).bit_count()


@pytest.mark.parametrize("number", LOOKS)
def test_on_a_small_grey_picture_it_is_the_hash_of_the_library(number: int) -> None:
    grey = Image.fromarray(np.random.default_rng(number).integers(256, size=(32, 32), dtype=np.uint8))
    assert perceptual_hash(grey.convert("RGB")) == str(imagehash.phash(grey))


@pytest.mark.parametrize("number", LOOKS)
def test_on_a_scene_it_is_a_few_bits_from_the_library(number: int) -> None:
    assert bits_apart(perceptual_hash(scene(number)), str(imagehash.phash(scene(number)))) <= 4


@pytest.mark.parametrize("number", LOOKS)
@pytest.mark.parametrize("change", [saved_as_jpeg, halved, brighter])
def test_a_copy_stays_within_a_few_bits(number: int, change: Callable[[Image.Image], Image.Image]) -> None:
    assert bits_apart(perceptual_hash(scene(number)), perceptual_hash(change(scene(number)))) <= 4


def test_other_scenes_are_many_bits_apart() -> None:
    codes = [perceptual_hash(scene(number)) for number in LOOKS]
    apart = [bits_apart(first, second) for at, first in enumerate(codes) for second in codes[:at]]
    assert min(apart) >= 12


@pytest.mark.parametrize("color", ["white", "black", "grey", (200, 30, 40)])
def test_a_picture_of_one_color_has_none(color: object) -> None:
    assert perceptual_hash(Image.new("RGB", (50, 40), color)) is None


def test_noise_of_one_level_on_one_color_is_still_one_color() -> None:
    noise = np.random.default_rng(0).integers(127, 129, size=(300, 300, 3), dtype=np.uint8)
    assert perceptual_hash(Image.fromarray(noise)) is None


def test_what_is_not_there_counts_as_nothing_and_not_as_a_rounding_error() -> None:
    """A picture that is its own mirror image has no odd frequencies: 32 of the 64 are 0."""
    mirrored = Image.new("L", (32, 32), 255)
    mirrored.paste(40, (10, 5, 22, 20))
    code = perceptual_hash(mirrored.convert("RGB"))
    turned = perceptual_hash(mirrored.transpose(Image.Transpose.FLIP_LEFT_RIGHT).convert("RGB"))
    assert code == turned
    assert int(str(code), 16) & 0x5555555555555555 == 0  # every second column: odd frequencies from left to right


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (7, 3), (31, 33)])
def test_any_shape_is_hashed_or_of_one_color(size: tuple[int, int]) -> None:
    code = perceptual_hash(scene(0, *size))
    assert code is None or len(code) == 16


def test_it_is_what_the_table_of_images_gets() -> None:
    image = scene(1).filter(ImageFilter.GaussianBlur(1))
    file = io.BytesIO()
    image.save(file, "PNG")
    assert inspect(file.getvalue()).perceptual_hash == perceptual_hash(image)
