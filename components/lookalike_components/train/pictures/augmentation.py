"""How pictures are varied, batch by batch."""

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from lookalike_components.train.config import TrainConfig


class Augmentation:
    """Varies pictures, each by numbers drawn for it alone."""

    def __init__(self, config: TrainConfig) -> None:
        self.name = config.augmentation

    def source_size(self, size: int) -> int:
        """Side of the pictures that this wants to cut from, in pixels, for results of ``size``."""
        return size

    def __call__(self, images: Tensor, size: int, randoms: list[np.random.Generator]) -> Tensor:
        """Varies a batch.

        Args:
            images: uint8 ``[b, source, source, 3]``.
            size: Side of the results in pixels.
            randoms: The source of chance of each picture.

        Returns:
            uint8 ``[b, size, size, 3]``.
        """
        if images.shape[1] == size:
            return images
        resized: Tensor = functional.resize(images.permute(0, 3, 1, 2), [size, size], antialias=True)
        return resized.permute(0, 2, 3, 1).to(torch.uint8)
