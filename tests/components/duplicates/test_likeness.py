from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from lookalike_components.duplicates.confirm import small_picture as small
from lookalike_components.duplicates.likeness import likeness
from lookalike_components.pixels import decode

Scene = Callable[..., Image.Image]
Saved = Callable[..., bytes]


def cropped(image: Image.Image, share: float) -> Image.Image:
    left, top = int(image.width * share / 2), int(image.height * share / 2)
    return image.crop((left, top, image.width - left, image.height - top))


SAME = {
    "as it is": lambda image: image,
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.9),
    "slightly cropped": lambda image: cropped(image, 0.05),
    "more cropped": lambda image: cropped(image, 0.15),
    "cropped at a corner": lambda image: image.crop((0, 0, int(image.width * 0.95), int(image.height * 0.95))),
    "with a thin border": lambda image: ImageOps.expand(image, 5, "black"),
}


def spotted(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).ellipse((120, 80, 180, 140), fill="white")
    return image


OTHER = {
    "a spot": spotted,
    "other colours": lambda image: Image.merge("RGB", image.split()[::-1]),
    "inverted": ImageOps.invert,
    "much darker": lambda image: ImageEnhance.Brightness(image).enhance(0.5),
    "mirrored": ImageOps.mirror,
    "turned": lambda image: image.rotate(10),
}


def is_same(first: bytes, second: bytes) -> bool:
    return bool(likeness(small(first)[None], small(second)[None]).same()[0])


@pytest.mark.parametrize("change", SAME)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_changed_copy_is_the_same_picture_in_either_direction(
    change: str, seed: int, scene: Scene, saved: Saved
) -> None:
    original, copy = saved(scene(seed)), saved(SAME[change](scene(seed)), "JPEG", quality=60)
    assert is_same(original, copy)
    assert is_same(copy, original)


@pytest.mark.parametrize("change", OTHER)
def test_another_picture_of_the_same_layout_is_not_the_same(change: str, scene: Scene, saved: Saved) -> None:
    assert not is_same(saved(scene(0)), saved(OTHER[change](scene(0))))


def circle(colour: str, background: str = "white") -> Image.Image:
    image = Image.new("RGB", (72, 72), background)
    ImageDraw.Draw(image).ellipse((12, 12, 60, 60), fill=colour)
    return image


@pytest.mark.parametrize("colour", ["blue", "green", "white", "lightgrey", "yellow", "darkred"])
def test_one_outline_in_two_colours_is_two_pictures(colour: str, saved: Saved) -> None:
    assert is_same(saved(circle("red")), saved(circle("red"), "JPEG", quality=90))
    assert not is_same(saved(circle("red")), saved(circle(colour)))


def test_blank_pictures_are_the_same_only_in_the_same_colour() -> None:
    grey, lighter, white = (np.full((1, 64, 64, 3), level, np.uint8) for level in (120, 122, 255))
    assert likeness(grey, lighter).same().all()
    assert not likeness(grey, white).same().any()


def test_many_pairs_are_compared_as_each_alone(scene: Scene, saved: Saved) -> None:
    pictures = np.stack([small(saved(scene(seed % 5))) for seed in range(150)])
    together = likeness(pictures, pictures[::-1])
    alone = [likeness(pictures[row : row + 1], pictures[149 - row : 150 - row]).correlation[0] for row in (0, 70, 149)]
    assert together.correlation[[0, 70, 149]] == pytest.approx(alone, abs=1e-4)


def test_no_pairs_are_no_values() -> None:
    nothing = np.empty((0, 64, 64, 3), np.uint8)
    assert likeness(nothing, nothing).same().shape == (0,)


def test_a_small_picture_is_squeezed_without_aliasing(saved: Saved) -> None:
    checks = Image.fromarray((np.indices((640, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)).convert("RGB")
    assert np.ptp(small(saved(checks))) <= 2
    assert decode(saved(checks)).size == (640, 640)
