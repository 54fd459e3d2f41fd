"""Whether two small pictures are the same but for compression, size, light, a slight crop or a border.

One picture is laid over the other by least squares: four numbers place it (stretch and shift along either axis), two
fit its light (gain and offset). What then remains tells: a re-encoded file leaves next to nothing, a different drawing
of the same outline leaves a spot, and another photo of the same thing leaves a lot everywhere.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]  # [pairs, 3, side, side]
Places = NDArray[np.float32]  # [pairs, 4]: stretch and shift along x, then along y, where the picture spans -1 to 1
Values = NDArray[np.float32]  # [pairs]

SIDE = 64  # of a small picture, in pixels
BLOCKS = 8  # along either axis, where a local difference is looked for
ROUNDS = 3  # of least squares on each scale
MOST_STRETCH = 0.2
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
PAIRS_AT_ONCE = 64

LEAST_CORRELATION = 0.975
MOST_LUMA_REST = 10.0  # levels of 255, the mean of the worst block
MOST_COLOUR_REST = 16.0
GAINS = (0.8, 1.25)
MOST_OFFSET = 40.0  # levels of 255 between the mean lights
LEAST_OVERLAP = 0.6


class Likeness(NamedTuple):
    """What is left of the difference of pairs once they are laid over each other; one value a pair."""

    correlation: Values  # of all pixels of all channels where both pictures are
    luma_rest: Values  # mean difference of the brightness in the worst block, in levels of 255
    colour_rest: Values  # the same for the colours
    gain: Values
    offset: Values
    overlap: Values  # share of the picture

    def same(self) -> NDArray[np.bool_]:
        """Which pairs are one picture; the limits are those that `benchmarks/duplicates.py` measures."""
        light = (self.gain >= GAINS[0]) & (self.gain <= GAINS[1]) & (np.abs(self.offset) <= MOST_OFFSET)
        rest = (self.luma_rest <= MOST_LUMA_REST) & (self.colour_rest <= MOST_COLOUR_REST)
        return light & rest & (self.correlation >= LEAST_CORRELATION) & (self.overlap >= LEAST_OVERLAP)


NOTHING = Likeness(*np.empty((6, 0), np.float32))


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Likeness:
    """Compares small pictures pair by pair.

    Args:
        first: uint8 ``[pairs, SIDE, SIDE, 3]``, RGB.
        second: Likewise.
    """
    starts = range(0, len(first), PAIRS_AT_ONCE)
    blocks = [
        _likeness(first[start : start + PAIRS_AT_ONCE], second[start : start + PAIRS_AT_ONCE]) for start in starts
    ]
    return Likeness(*(np.concatenate(values) for values in zip(NOTHING, *blocks, strict=True)))


def _likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Likeness:
    moved, fixed = (np.moveaxis(pixels, -1, 1).astype(np.float32) for pixels in (first, second))
    at_rest = np.zeros((len(moved), 4), np.float32)
    before, after = (_rest(moved, fixed, place) for place in (at_rest, _laid_over(moved, fixed)))
    better = after.correlation > before.correlation
    return Likeness(*(np.where(better, new, old) for new, old in zip(after, before, strict=True)))


def _laid_over(moved: Pixels, fixed: Pixels) -> Places:
    """Gauss-Newton from coarse to fine, so that the crops that matter are a pixel or two away on every scale."""
    place = np.zeros((len(moved), 4), np.float32)
    for times in (4, 2, 1):
        coarse_moved, coarse_fixed = _pooled(moved, times), _pooled(fixed, times)
        for _ in range(ROUNDS):
            place = _nearer(coarse_moved, coarse_fixed, place)
    return place


def _nearer(moved: Pixels, fixed: Pixels, place: Places) -> Places:
    side = moved.shape[-1]
    laid, inside = _warped(moved, place)
    slope_y, slope_x = np.gradient(laid, 2 / side, axis=(2, 3))
    x = _centres(side)
    causes = np.stack([laid, np.ones_like(laid), slope_x * x, slope_x, slope_y * x[:, None], slope_y], axis=1)
    seen = (causes * inside[:, None, None]).reshape(len(moved), 6, -1)
    normal = seen @ causes.reshape(len(moved), 6, -1).transpose(0, 2, 1)
    aims = seen @ fixed.reshape(len(moved), -1, 1)
    # A flat picture gives no hold: damping keeps it where it is.
    diagonal = np.einsum("pii->pi", normal)
    damped = normal + np.eye(6) * (1e-3 * diagonal + 1e-3)[:, None]
    solved = np.linalg.solve(damped, aims)[..., 0]
    change = solved[:, 2:] / np.maximum(np.abs(solved[:, :1]), 0.3)
    return np.clip(place + np.clip(change, -0.1, 0.1), -MOST_STRETCH, MOST_STRETCH).astype(np.float32)


def _warped(pixels: Pixels, place: Places) -> tuple[Pixels, Pixels]:
    """Pictures stretched and shifted (bilinear), and where they have pixels: float32 ``[pairs, side, side]``."""
    side = pixels.shape[-1]
    columns, in_x = _weights(place[:, 0:1], place[:, 1:2], side)
    rows, in_y = _weights(place[:, 2:3], place[:, 3:4], side)
    laid = rows[:, None] @ pixels @ columns[:, None].swapaxes(2, 3)
    return laid.astype(np.float32), (in_y[:, :, None] & in_x[:, None, :]).astype(np.float32)


def _weights(stretch: Places, shift: Places, side: int) -> tuple[Pixels, NDArray[np.bool_]]:
    """Weights ``[pairs, side, side]`` of the old pixels along one axis in the new, and whether those are inside."""
    at = ((1 + stretch) * _centres(side) + shift + 1) / 2 * side - 0.5
    inside = (at >= -0.5) & (at <= side - 0.5)
    distance = np.abs(np.clip(at, 0, side - 1)[..., None] - np.arange(side, dtype=np.float32))
    return np.maximum(1 - distance, 0).astype(np.float32), inside


def _rest(moved: Pixels, fixed: Pixels, place: Places) -> Likeness:
    laid, inside = _warped(moved, place)
    seen = inside[:, None]
    area = np.maximum(3 * inside.sum((1, 2)), 1)
    means = [(pixels * seen).sum((1, 2, 3)) / area for pixels in (laid, fixed)]
    one, other = (
        (pixels - mean[:, None, None, None]) * seen for pixels, mean in zip((laid, fixed), means, strict=True)
    )
    ones, others, both = ((a * b).sum((1, 2, 3)) / area for a, b in ((one, one), (other, other), (one, other)))
    # Where neither picture has anything to see, the two agree: a level of noise on either side says so.
    gain, correlation = (both + 1) / (ones + 1), (both + 1) / np.sqrt((ones + 1) * (others + 1))
    rest = _pooled(other - gain[:, None, None, None] * one, 2)
    luma = np.abs(np.tensordot(rest, LUMA, axes=(1, 0)))
    return Likeness(
        correlation, _worst(luma), _worst(np.abs(rest).mean(axis=1)), gain, means[1] - means[0], inside.mean((1, 2))
    )


def _worst(rest: Pixels) -> Values:
    pairs, side, _ = rest.shape
    blocks = rest.reshape(pairs, BLOCKS, side // BLOCKS, BLOCKS, side // BLOCKS).mean((2, 4))
    worst: Values = blocks.max((1, 2))
    return worst


def _pooled(pixels: Pixels, times: int) -> Pixels:
    pairs, channels, side, _ = pixels.shape
    pooled: Pixels = pixels.reshape(pairs, channels, side // times, times, side // times, times).mean((3, 5))
    return pooled


def _centres(side: int) -> Pixels:
    """Where pixels lie on an axis from -1 to 1."""
    return ((np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1).astype(np.float32)
