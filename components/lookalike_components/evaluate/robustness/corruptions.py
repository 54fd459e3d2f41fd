"""Eight ways in which a picture can be worse than those of the index, each in three severities.

Blur, JPEG, noise and lower resolution are those of ImageNet-C at its severities 1, 3 and 5 (Hendrycks and Dietterich,
Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR 2019), and like there they are
applied to the pixels that the encoder takes. The light goes either way, and not up alone. Crops, turns and occlusion,
which people ask a search by photo to stand, are not part of it. Crops and turns are taken from pixels of twice the
encoder's size, so that a part of a picture is not a blurred part of it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode, functional

from lookalike_components.pixels.resize import PADDING

Chances = Sequence[np.random.Generator]

SIDE_OF_IMAGENET_C = 224
"""Blur is given in pixels of such a picture, and grows and shrinks with the encoder's."""
ENLARGED = 2
"""Side of the pixels that are asked for, in sides of those that the encoder takes."""


def variants(large: Tensor, size: int, ids: Sequence[str]) -> Iterator[Tensor]:
    """Gives pictures as they are, then under each corruption in each severity, in the order of `CORRUPTIONS`.

    Args:
        large: uint8 ``[b, 3, 2 * size, 2 * size]``, RGB.
        size: Side of the encoder's input.
        ids: Of the pictures. What chance decides (where a crop lies, the noise) depends on the picture and the
            corruption alone: it is the same for every encoder, in every batch and in all severities.

    Yields:
        uint8 ``[b, 3, size, size]``.
    """
    small = _resized(large, size)
    yield small
    for name, corruption in CORRUPTIONS.items():
        source = large if corruption.of_large else small
        for strength in corruption.strengths:
            chances = [np.random.default_rng([crc32(name.encode()), crc32(picture.encode())]) for picture in ids]
            yield _resized(corruption.apply(source, strength, chances), size)


def _blur(images: Tensor, strength: float, _: Chances) -> Tensor:
    """Gaussian, of this standard deviation at 224 pixels."""
    sigma = strength * images.shape[-1] / SIDE_OF_IMAGENET_C
    side = 2 * math.ceil(3 * sigma) + 1
    blurred: Tensor = functional.gaussian_blur(images, [side, side], [sigma, sigma])
    return blurred


def _jpeg(images: Tensor, strength: float, _: Chances) -> Tensor:
    """Written and read again in this quality."""
    return torch.stack([functional.jpeg(image, int(strength)) for image in images])


def _crop(images: Tensor, strength: float, chances: Chances) -> Tensor:
    """A square somewhere in the picture, of this share of its area."""
    side = round(math.sqrt(strength) * images.shape[-1])
    corners = _corners(images, side, chances)
    return torch.stack(
        [image[:, top : top + side, left : left + side] for image, (top, left) in zip(images, corners, strict=True)]
    )


def _rotate(images: Tensor, strength: float, chances: Chances) -> Tensor:
    """Turned by so many degrees, to the left or to the right; the corners are filled as `to_pixels` pads."""
    turned = [
        functional.rotate(image, strength * _sign(chance), InterpolationMode.BILINEAR, fill=list(PADDING))
        for image, chance in zip(images, chances, strict=True)
    ]
    return torch.stack(turned)


def _light(images: Tensor, strength: float, chances: Chances) -> Tensor:
    """So many times as bright, or as dark."""
    lit = [
        functional.adjust_brightness(image, strength ** _sign(chance))
        for image, chance in zip(images, chances, strict=True)
    ]
    return torch.stack(lit)


def _noise(images: Tensor, strength: float, chances: Chances) -> Tensor:
    """Gaussian noise of this standard deviation, where 1 is the distance from black to white."""
    noise = np.stack([chance.standard_normal(images.shape[1:], np.float32) for chance in chances])
    noisy = images.float() + 255 * strength * torch.from_numpy(noise)
    return noisy.round().clamp(0, 255).to(torch.uint8)


def _occlude(images: Tensor, strength: float, chances: Chances) -> Tensor:
    """A square of this share of the area is covered, somewhere, with the mean colour of ImageNet."""
    occluded, side = images.clone(), round(math.sqrt(strength) * images.shape[-1])
    for image, (top, left) in zip(occluded, _corners(images, side, chances), strict=True):
        image[:, top : top + side, left : left + side] = torch.tensor(PADDING, dtype=torch.uint8)[:, None, None]
    return occluded


def _downscale(images: Tensor, strength: float, _: Chances) -> Tensor:
    """This share of its side, which is enlarged again afterwards."""
    return _resized(images, max(round(strength * images.shape[-1]), 1))


class Corruption(NamedTuple):
    """What is done, how strongly in severity 1, 2 and 3, and whether to pixels of twice the encoder's size."""

    apply: Callable[[Tensor, float, Chances], Tensor]
    strengths: tuple[float, float, float]
    of_large: bool = False


CORRUPTIONS = {
    "blur": Corruption(_blur, (1, 3, 6)),
    "jpeg": Corruption(_jpeg, (25, 15, 7)),
    "crop": Corruption(_crop, (0.7, 0.5, 0.3), of_large=True),
    "rotation": Corruption(_rotate, (10, 25, 45), of_large=True),
    "light": Corruption(_light, (1.4, 1.8, 2.5)),
    "noise": Corruption(_noise, (0.08, 0.18, 0.38)),
    "occlusion": Corruption(_occlude, (0.1, 0.25, 0.4)),
    "downscale": Corruption(_downscale, (0.6, 0.4, 0.25)),
}
CELLS = [
    (name, severity) for name, corruption in CORRUPTIONS.items() for severity in range(1, len(corruption.strengths) + 1)
]


def _resized(images: Tensor, size: int) -> Tensor:
    resized: Tensor = functional.resize(images, [size, size], antialias=True)
    return resized


def _corners(images: Tensor, side: int, chances: Chances) -> list[tuple[int, int]]:
    """Top and left of a square of this side, anywhere in each picture."""
    room = images.shape[-1] - side
    return [(round(chance.random() * room), round(chance.random() * room)) for chance in chances]


def _sign(chance: np.random.Generator) -> int:
    return 1 if chance.random() < 0.5 else -1
