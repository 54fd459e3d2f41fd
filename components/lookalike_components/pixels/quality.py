"""How a picture looks, in three numbers that tell pictures worth a second look from the others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

LOOKED_AT = 256  # pixels of the longer side, so that a blur counts by its share of the picture
TILES = 4  # along either axis
_REDUCING_GAP = 2.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Measured on a grey picture with a longer side of 256 pixels; a smaller one is taken as it is.

    Attributes:
        sharpness: Variance of the Laplacian in the sharpest of 4 x 4 tiles, so that a blurred background behind a
            sharp thing does no harm. Photos have 50 to 4,000; blurred until nothing under 1 % of their side is told
            apart (a Gaussian of 2 pixels), 30 and less.
        brightness: Mean, 0 (black) to 255 (white).
        contrast: Standard deviation, 0 (one colour) to 127.
    """

    sharpness: float
    brightness: float
    contrast: float


def quality(image: Image.Image) -> Quality:
    """Measures an upright RGB picture.

    Source of the sharpness: Pech-Pacheco, Cristobal, Chamorro-Martinez and Fernandez-Valdivia, Diatom autofocusing in
    brightfield microscopy: a comparative study (ICPR 2000), there as LAPV.
    """
    grey = _grey(image)
    return Quality(_sharpness(grey), float(grey.mean()), float(grey.std()))


def _grey(image: Image.Image) -> npt.NDArray[np.float32]:
    scale = min(1.0, LOOKED_AT / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image.convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP)
    return np.asarray(small, np.float32)


def _sharpness(grey: npt.NDArray[np.float32]) -> float:
    laplacian = _laplacian(grey)
    rows = np.array_split(laplacian, min(TILES, len(laplacian)))
    tiles = [tile for row in rows for tile in np.array_split(row, min(TILES, row.shape[1]), axis=1)]
    return float(max(tile.var() for tile in tiles))


def _laplacian(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The sum of the four neighbours less four times the pixel; edges continue beyond themselves."""
    wide = np.pad(grey, 1, mode="edge")
    laplacian: npt.NDArray[np.float32] = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey
    return laplacian
