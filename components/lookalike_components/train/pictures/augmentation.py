"""How pictures are varied, batch by batch.

Places first, then colours, blur and erasing. Where pixels go is one homography a picture, what becomes of their colours
one linear map a picture, so that a whole batch takes one sampling and one product of matrices.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import grid_sample
from torchvision.transforms.v2 import functional

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.pictures.variation import Variation, variation

Draws = npt.NDArray[np.float64]
Maps = npt.NDArray[np.float64]

DRAWN = 26
"""Numbers that each picture draws, used or not: a part that is switched off leaves those of the others as they are."""
DETAIL = 1.25
"""Sides of a crop that keeps two thirds of the area, so that most crops show as much detail as an uncut picture."""
GREY = np.array([0.299, 0.587, 0.114])
"""Shares of R, G and B in the brightness that people see (ITU-R BT.601)."""
TO_YIQ = np.array([GREY, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
"""From RGB to brightness and the two axes of colour in which a hue is an angle (NTSC 1953)."""
EVERY = 4
"""The mean grey of a picture is that of every fourth pixel of every fourth row."""
BLUR = 0.004, 0.016
"""Standard deviations of a blur, in shares of the side: half a pixel to two at 128 pixels."""
ERASED_AREA, ERASED_RATIO = (0.02, 0.2), (0.3, 1 / 0.3)
"""Of the rectangle, in shares of the picture. Source: Zhong et al., Random Erasing Data Augmentation (AAAI 2020)."""
ERASED_WITH = 124, 116, 104
"""Mean colour of ImageNet's pictures."""
CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)


class Augmentation:
    """Varies pictures, each by numbers drawn for it alone.

    Attributes:
        variation: How far.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.variation = variation(config.augmentation, config.augmentation_options)

    def source_size(self, size: int) -> int:
        """Side of the pictures that this wants to cut from, in pixels, for results of ``size``."""
        return math.ceil(DETAIL * size) if self.variation.crop_area[0] < 1 else size

    def __call__(self, images: Tensor, size: int, randoms: Sequence[np.random.Generator]) -> Tensor:
        """Varies a batch.

        Args:
            images: uint8 ``[b, source, source, 3]``.
            size: Side of the results in pixels.
            randoms: The source of chance of each picture.

        Returns:
            uint8 ``[b, size, size, 3]``.
        """
        if not self.variation.changes:
            return _channels_last(_resized(_planes(images), size))
        draws = np.stack([random.random(DRAWN) for random in randoms])
        varied = self._moved(_planes(images), size, draws)
        if self.variation.colours:
            varied = _recoloured(varied, colour_maps(self.variation, draws), _mean_grey(images))
        if self.variation.blur:
            varied = _blurred(varied, self.variation, draws)
        if self.variation.erase:
            _erase(varied, self.variation, draws)
        return _channels_last(varied)

    def _moved(self, images: Tensor, size: int, draws: Draws) -> Tensor:
        """float32 ``[b, 3, size, size]``."""
        if not self.variation.moves:
            return _resized(images, size).float()
        # Sampling looks at four pixels: what lies much denser than the result is thinned out first.
        near = _resized(images, min(images.shape[2], self.source_size(size)))
        return _sampled(near, homographies(self.variation, draws), size)


def homographies(how: Variation, draws: Draws) -> Maps:
    """Where each picture's results come from: crop, turn, mirror and perspective in one.

    Source of the perspective: Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2.3.

    Args:
        how: How far.
        draws: Numbers of each picture, ``[b, DRAWN]`` from 0 up to 1.

    Returns:
        ``[b, 3, 3]``: maps ``(x, y, 1)`` of a result to those of its source, each from -1 to 1, up to a factor.
    """
    area = _between(draws[:, 0], *how.crop_area)
    ratio = np.exp(_between(draws[:, 1], *np.log(how.crop_ratio)))
    wide, high = np.minimum(1, np.sqrt(area * ratio)), np.minimum(1, np.sqrt(area / ratio))
    angle = np.radians(_either_way(draws[:, 4], how.rotation))
    mirrored = np.where(draws[:, 5] < how.flip, -1.0, 1.0)
    maps = np.zeros((len(draws), 3, 3))
    maps[:, 0, 0], maps[:, 0, 1] = np.cos(angle) * wide * mirrored, -np.sin(angle) * high
    maps[:, 1, 0], maps[:, 1, 1] = np.sin(angle) * wide * mirrored, np.cos(angle) * high
    maps[:, 0, 2], maps[:, 1, 2] = (1 - wide) * (2 * draws[:, 2] - 1), (1 - high) * (2 * draws[:, 3] - 1)
    maps[:, 2, 2] = 1
    return maps @ _perspectives(how.perspective, draws[:, 6:14]) if how.perspective else maps


def _perspectives(most: float, draws: Draws) -> Maps:
    """``[b, 3, 3]``: takes the corners of a picture to where they moved, from ``draws`` ``[b, 8]``."""
    moved = CORNERS * (1 - most * draws.reshape(-1, 4, 2))
    equations, values = np.zeros((len(draws), 8, 8)), moved.reshape(-1, 8, 1)
    equations[:, 0::2, 0:2], equations[:, 0::2, 2] = CORNERS, 1
    equations[:, 1::2, 3:5], equations[:, 1::2, 5] = CORNERS, 1
    equations[:, :, 6:] = -np.repeat(CORNERS, 2, axis=0) * values
    solved = np.linalg.solve(equations, values)[:, :, 0]
    return np.concatenate([solved, np.ones((len(draws), 1))], axis=1).reshape(-1, 3, 3)


def colour_maps(how: Variation, draws: Draws) -> tuple[Maps, Draws]:
    """What becomes of each picture's colours.

    Source: Howard, Some Improvements on Deep Convolutional Neural Network Based Image Classification (2013), with hues
    turned about the axis of greys, which is linear, in place of HSV's, which is not.

    Args:
        how: How far.
        draws: Numbers of each picture, ``[b, DRAWN]`` from 0 up to 1.

    Returns:
        ``[b, 3, 3]`` that R, G and B are multiplied by, and ``[b]``, how many times the picture's mean grey is added.
    """
    bright = 1 + _either_way(draws[:, 14], how.brightness)
    contrast = 1 + _either_way(draws[:, 15], how.contrast)
    colourful = np.where(draws[:, 18] < how.grey, 0, 1 + _either_way(draws[:, 16], how.saturation))
    angle = 2 * np.pi * _either_way(draws[:, 17], how.hue)
    turned = np.zeros((len(draws), 3, 3))
    turned[:, 0, 0] = 1
    turned[:, 1, 1] = turned[:, 2, 2] = colourful * np.cos(angle)
    turned[:, 2, 1] = colourful * np.sin(angle)
    turned[:, 1, 2] = -turned[:, 2, 1]
    maps = np.linalg.inv(TO_YIQ) @ turned @ TO_YIQ
    return (bright * contrast)[:, None, None] * maps, (1 - contrast) * bright


def _planes(images: Tensor) -> Tensor:
    return images.permute(0, 3, 1, 2)


def _channels_last(images: Tensor) -> Tensor:
    """uint8 ``[b, h, w, 3]`` of ``[b, 3, h, w]``, rounded where they are float32."""
    if images.is_floating_point():
        images = images.add_(0.5).clamp_(0, 255)
    return images.permute(0, 2, 3, 1).to(torch.uint8, memory_format=torch.contiguous_format)


def _resized(images: Tensor, size: int) -> Tensor:
    resized: Tensor = functional.resize(images, [size, size], antialias=True)
    return resized


def _sampled(images: Tensor, maps: Maps, size: int) -> Tensor:
    """Samples uint8 ``[b, 3, h, w]`` where the maps say; beyond its edges a picture is mirrored."""
    across = torch.arange(size) * (2 / size) + (1 / size - 1)
    factors = torch.from_numpy(maps.astype(np.float32))[..., None, None]

    def line(row: int) -> Tensor:
        return factors[:, row, 0] * across + (factors[:, row, 1] * across[:, None] + factors[:, row, 2])

    depth = line(2)
    places = torch.stack([line(0).div_(depth), line(1).div_(depth)], dim=3)
    return grid_sample(images.float(), places, padding_mode="reflection", align_corners=False).contiguous()


def _mean_grey(images: Tensor) -> npt.NDArray[np.float64]:
    """``[b]``, 0 to 255; of whole numbers, so that it is the same in every batch."""
    some = images[:, ::EVERY, ::EVERY].numpy()
    greys: npt.NDArray[np.float64] = some.sum(axis=(1, 2), dtype=np.int64) @ GREY / (some.shape[1] * some.shape[2])
    return greys


def _recoloured(images: Tensor, maps: tuple[Maps, Draws], greys: npt.NDArray[np.float64]) -> Tensor:
    factors, added = (torch.from_numpy(part.astype(np.float32)) for part in (maps[0], maps[1] * greys))
    return torch.baddbmm(added[:, None, None], factors, images.flatten(2)).reshape(images.shape)


def _blurred(images: Tensor, how: Variation, draws: Draws) -> Tensor:
    size = images.shape[2]
    for place in np.flatnonzero(draws[:, 19] < how.blur):
        sigma = size * float(_between(draws[place, 20], *BLUR))
        kernel = 2 * math.ceil(2 * sigma) + 1
        images[place] = functional.gaussian_blur(images[place], [kernel, kernel], [sigma, sigma])
    return images


def _erase(images: Tensor, how: Variation, draws: Draws) -> None:
    size = images.shape[2]
    paint = torch.tensor(ERASED_WITH, dtype=images.dtype)[:, None, None]
    for place in np.flatnonzero(draws[:, 21] < how.erase):
        area, ratio = _between(draws[place, 22], *ERASED_AREA), _between(draws[place, 23], *np.log(ERASED_RATIO))
        high, wide = (min(size, round(size * math.sqrt(area * math.exp(way)))) for way in (-ratio, ratio))
        top, left = round((size - high) * draws[place, 24]), round((size - wide) * draws[place, 25])
        images[place, :, top : top + high, left : left + wide] = paint


def _between(draws: Draws, least: float, most: float) -> Draws:
    return least + (most - least) * draws


def _either_way(draws: Draws, most: float) -> Draws:
    return most * (2 * draws - 1)
