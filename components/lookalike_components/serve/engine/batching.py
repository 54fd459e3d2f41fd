"""Dynamic batching: as many images as wait go through the encoder together, and one that comes alone waits for nobody.

There is no thread that only infers. Whoever brings an image and finds the encoder free runs it with whatever waits;
whoever finds it at work leaves the image to the one that runs it. So a lone image is decoded and embedded by one thread
without a change of hands, on one core nothing is done that a plain loop would not do, and on many the images that are
decoded during one run are the next batch. Where images wait for a thread to decode them, a few are decoded before the
encoder runs, but it is not idle for long: some images take seconds to decode, and others do not wait for them.
"""

import threading
import time
from collections import deque

import numpy as np

from lookalike_components.serve.engine.work import Picture
from lookalike_components.serve.observability.metrics import observe_batch, timed

MOST_IMAGES = 8
"""In one run. A larger batch is no faster on a CPU, and its activations take memory: 5 MB an image with MobileNetV2."""

ENOUGH_IMAGES = 4
"""Of which a run gains nothing, or little, from waiting until more are decoded."""

MOST_IDLE_SECONDS = 0.03
"""How long the encoder may be idle for the sake of a larger batch: some three times what one thread needs to decode
three photos of 640 x 480, so that those go together also where the cores have other work."""


class Batching:
    """The encoder's queue. Used by any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Picture] = deque()
        self._encoder = threading.Lock()
        self._idle_since = time.monotonic()
        self._undecoded = 0
        self._counting = threading.Lock()

    def expect(self, images: int) -> None:
        """Takes note of images that wait for a thread to decode them."""
        with self._counting:
            self._undecoded += images

    def begin(self) -> None:
        """Takes note that a thread has begun with one of them; it calls `run` in the end, whatever comes of it."""
        with self._counting:
            self._undecoded -= 1

    def put(self, picture: Picture) -> None:
        """Queues a decoded image."""
        self._waiting.append(picture)

    def run(self) -> None:
        """Has the images that wait embedded: by this thread if the encoder is free, else by the one that has it."""
        # Looked at again after each release of the lock: what came while it was held must not stay.
        while self._is_time() and self._encoder.acquire(blocking=False):
            try:
                self._run(self._next())
            finally:
                self._idle_since = time.monotonic()
                self._encoder.release()

    def is_overdue(self) -> bool:
        """Whether the encoder is idle, and has been for too long, while images wait: then `run` has to be called."""
        try:
            waiting_since = self._waiting[0].since
        except IndexError:  # none waits, or another thread took it just now
            return False
        idle = time.monotonic() - max(waiting_since, self._idle_since)
        return idle > MOST_IDLE_SECONDS and not self._encoder.locked()

    def _is_time(self) -> bool:
        if not self._undecoded or len(self._waiting) >= ENOUGH_IMAGES:
            return bool(self._waiting)
        return self.is_overdue()

    def _next(self) -> list[Picture]:
        """The images that go together: of one release, and a power of two of them.

        Runtimes prepare themselves anew for each size of batch that they see, so there should be few.
        """
        most = 1 << (min(len(self._waiting), MOST_IMAGES).bit_length() - 1)
        batch: list[Picture] = []
        while self._waiting and len(batch) < most:
            if batch and self._waiting[0].work.release is not batch[0].work.release:
                break
            picture = self._waiting.popleft()
            if picture.is_needed():
                batch.append(picture)
            else:
                picture.work.skip()
        return batch

    def _run(self, batch: list[Picture]) -> None:
        if not batch:
            return
        try:
            with timed("inference"):
                vectors = batch[0].work.release.encode_pixels(_stacked(batch))
        except Exception as error:  # whatever it is, the requests have to hear of it
            for picture in batch:
                picture.fail(error)
            return
        observe_batch(len(batch))
        for picture, vector in zip(batch, vectors, strict=True):
            picture.finish(vector)


def _stacked(batch: list[Picture]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return batch[0].pixels[np.newaxis] if len(batch) == 1 else np.stack([picture.pixels for picture in batch])
