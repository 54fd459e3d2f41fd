"""Which resolution pictures are trained at, step by step."""

from collections.abc import Sequence

HALVINGS = 32
"""Convolutional networks halve their input five times; sizes between multiples of this gain them nothing."""

USUAL_SHARE = 0.6
SMALLEST_USUAL = 128
"""In pixels; below it the loss of detail costs more than the steps that are saved by it are worth."""


def usual_share(size: int) -> float:
    """The share of an input size in pixels that pictures are trained at where nothing else is said.

    What is trained small and asked for larger sees things at the size that augmented crops show them in: Touvron et
    al., Fixing the train-test resolution discrepancy (NeurIPS 2019).
    """
    return min(1.0, max(USUAL_SHARE, SMALLEST_USUAL / size))


def size_at(step: int, steps: int, size: int, resolutions: Sequence[float], multiple: int = 1) -> int:
    """Side of the pictures at a step, in pixels.

    Small pictures first, as in progressive resizing: Tan and Le, EfficientNetV2 (ICML 2021), section 4.

    Args:
        step: From 0 up to ``steps``.
        steps: Steps in all.
        size: The encoder's input size in pixels.
        resolutions: Shares of it, each for an equal part of the steps.
        multiple: What a network of patches takes multiples of; 1 for a convolutional one.

    Returns:
        The share of the size, where it is below 1 rounded to such a multiple, or to one of 32; ``size`` at most, and
        one multiple at least.
    """
    unit = multiple if multiple > 1 else HALVINGS
    share = resolutions[min(len(resolutions) * step // max(1, steps), len(resolutions) - 1)]
    return size if share == 1 else min(size, max(unit, round(share * size / unit) * unit))
