"""What every runtime has in common: pixels in, unit vectors out, in batches so that memory stays bounded."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]

BATCH_SIZE = 32


class Graph(ABC):
    """An encoder ready to run: uint8 ``[b, size, size, 3]`` RGB in, unit vectors out. Safe to use from many threads.

    Attributes:
        dimension: Length of an embedding.
        input_size: Height and width in pixels that it takes.
    """

    dimension: int
    input_size: int

    @abstractmethod
    def run(self, batch: Pixels) -> Vectors:
        """Embeds uint8 ``[b, size, size, 3]`` at once, as float32 ``[b, d]``; nothing is checked."""

    def encode(self, pixels: Pixels) -> Vectors:
        """Embeds uint8 ``[n, size, size, 3]`` as float32 ``[n, d]``, in batches so that memory stays bounded.

        Raises:
            UserError: The pixels have another type or size than the graph takes.
        """
        self._check(pixels)
        if 0 < len(pixels) <= BATCH_SIZE:
            return self.run(pixels)
        starts = range(0, len(pixels), BATCH_SIZE)
        batches = [self.run(pixels[start : start + BATCH_SIZE]) for start in starts]
        return np.concatenate([np.empty((0, self.dimension), np.float32), *batches])

    def _check(self, pixels: Pixels) -> None:
        size = self.input_size
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (size, size, 3):
            shape = " x ".join(str(extent) for extent in pixels.shape)
            raise UserError(
                f"the pixels are {pixels.dtype} {shape} but the encoder takes uint8 n x {size} x {size} x 3 (RGB); "
                "resize them, or send the image files themselves"
            )
