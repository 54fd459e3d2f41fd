"""How many images may wait or be worked on at once, and what becomes of one more."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lookalike_components.serve.refusals import Busy

IMAGES_A_CORE = 128
FEWEST_IMAGES = 256
_LONGEST_WAIT = 60
_WEIGHT_OF_THE_LATEST = 0.2


class Admission:
    """Counts images in flight. Used by the event loop alone."""

    def __init__(self, most: int) -> None:
        self.most = most
        """Images that may be in flight."""
        self.images = 0
        """Images in flight."""
        self._seconds_an_image = 0.0

    @contextmanager
    def taking(self, images: int) -> Iterator[None]:
        """Makes room for the images of a request while they are worked on.

        Raises:
            Busy: There is no room for them.
        """
        if self.images + images > self.most:
            raise self._busy()
        before, self.images, started = self.images, self.images + images, time.monotonic()
        try:
            yield
            self._learn((time.monotonic() - started) / (before + images))
        finally:
            self.images -= images

    def _learn(self, seconds_an_image: float) -> None:
        """What arrives behind ``n`` images and is answered in ``t`` seconds tells that one takes about ``t / n``."""
        self._seconds_an_image += _WEIGHT_OF_THE_LATEST * (seconds_an_image - self._seconds_an_image)

    def _busy(self) -> Busy:
        seconds = min(_LONGEST_WAIT, math.ceil(self.images * self._seconds_an_image) or 1)
        return Busy(
            f"the server is working on {self.images:,} images and takes on no more than {self.most:,}; "
            f"try again in {seconds} s",
            retry_after=seconds,
        )


def room(queue_images: int, cores: int) -> int:
    """How many images may be in flight: what the limits say, or what the cores are good for where they say 0."""
    return queue_images or max(FEWEST_IMAGES, IMAGES_A_CORE * cores)
