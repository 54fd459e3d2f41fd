"""Embeds many pictures with torch."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lookalike_components.encoder.model import Encoder, best_device

Batches = Iterable[npt.NDArray[np.uint8]]
Vectors = npt.NDArray[np.float32]


def encode(encoder: Encoder, batches: Batches) -> Vectors:
    """Embeds batches of pixels on the best device; the encoder is moved there and left in evaluation mode.

    Args:
        encoder: The encoder.
        batches: uint8 ``[b, size, size, 3]`` RGB arrays; read one at a time.

    Returns:
        float32 ``[n, d]`` of unit length, in the order of the pictures.
    """
    return _each(encoder, encoder, batches, encoder.config.dimension)


def features(encoder: Encoder, batches: Batches) -> Vectors:
    """What a head sees of batches of pixels, float32 ``[n, d]``; otherwise as `encode`."""
    return _each(encoder, encoder.features, batches, encoder.pooled)


def _each(encoder: Encoder, embed: Callable[[Tensor], Tensor], batches: Batches, dimension: int) -> Vectors:
    device = best_device()
    encoder.to(device).to(memory_format=torch.channels_last).eval()
    empty = np.empty((0, dimension), np.float32)
    with torch.inference_mode():
        vectors = [embed(torch.tensor(batch, device=device)).float().cpu().numpy() for batch in batches]
    return np.concatenate([empty, *vectors])
