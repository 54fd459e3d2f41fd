"""Which resolution pictures are trained at, step by step."""

from collections.abc import Sequence

MULTIPLE = 32
"""Networks halve their input five times; patches of 14 or 16 pixels are taught by multiples of their own."""


def size_at(step: int, steps: int, size: int, resolutions: Sequence[float]) -> int:
    """Side of the pictures at a step, in pixels.

    Args:
        step: From 0 up to ``steps``.
        steps: Steps in all.
        size: The encoder's input size in pixels.
        resolutions: Shares of it, each for an equal part of the steps.

    Returns:
        The share of the size, rounded to a multiple of 32 where it is below 1; 32 at least.
    """
    share = resolutions[min(len(resolutions) * step // max(1, steps), len(resolutions) - 1)]
    return size if share == 1 else max(MULTIPLE, round(share * size / MULTIPLE) * MULTIPLE)
