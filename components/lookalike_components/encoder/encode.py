"""Embeds many pictures with torch."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from lookalike_components.encoder.model import Encoder, best_device


def encode(encoder: Encoder, batches: Iterable[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    """Embeds batches of pixels on the best device; the encoder is moved there and left in evaluation mode.

    Args:
        encoder: The encoder.
        batches: uint8 ``[b, size, size, 3]`` RGB arrays; read one at a time.

    Returns:
        float32 ``[n, d]`` of unit length, in the order of the pictures.
    """
    device = best_device()
    encoder.to(device).to(memory_format=torch.channels_last).eval()
    empty = np.empty((0, encoder.config.dimension), np.float32)
    with torch.inference_mode():
        vectors = [encoder(torch.tensor(batch, device=device)).cpu().numpy() for batch in batches]
    return np.concatenate([empty, *vectors])
