"""The images of one request on their way through decoding and inference."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike_components.release.runtime import Release
from lookalike_components.serve.engine.deadline import NEVER, Deadline


class Work:
    """What one request waits for: an embedding for each of its images.

    The event loop makes it and waits for its result; threads finish its images in any order.
    """

    def __init__(
        self, release: Release, sources: Sequence[Any], deadline: Deadline, on_done: Callable[[], object]
    ) -> None:
        """Nothing is begun yet.

        Args:
            release: Whose encoder embeds the images.
            sources: What each image is made from: a file, or pixels. They are let go as soon as nobody waits.
            deadline: Until when somebody waits.
            on_done: Called by a thread once every image has had its turn, whether somebody still waits or not.
        """
        images = len(sources)
        self.release = release
        self.since = time.perf_counter()
        self.is_over = False
        """Whether nobody waits any more: what is left of it need not be done."""
        self._sources: Sequence[Any] | None = sources
        self._deadline = deadline
        self._on_done = on_done
        self._vectors = np.empty((images, release.manifest.encoder.dimension), np.float32)
        self._left = images
        self._failed_at = images
        self._error: Exception | None = None
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[npt.NDArray[np.float32]] = self._loop.create_future()

    async def result(self) -> npt.NDArray[np.float32]:
        """Waits for the embeddings, float32 ``[n, d]``.

        Raises:
            TooLate: The deadline came first.
            UserError: An image is broken: of several, the first in the request's order.
        """
        timer = None if self._deadline is NEVER else self._loop.call_later(self._deadline.remaining, self._too_late)
        try:
            return await self._answer
        finally:
            self.is_over = True
            self._sources = None  # what waits for a thread would keep them until it has its turn
            if timer:
                timer.cancel()

    def source(self, position: int) -> Any:
        """What the image at ``position`` is made from; None where it need not be worked on any more."""
        sources = self._sources  # read once: the event loop may let them go meanwhile
        return sources[position] if sources is not None and self.needs(position) else None

    def needs(self, position: int) -> bool:
        """Whether the image at ``position`` still has to be worked on: later ones need not once one is broken."""
        return not self.is_over and position < self._failed_at

    def finish(self, position: int, vector: npt.NDArray[np.float32]) -> None:
        """Takes the embedding, float32 ``[d]``, of the image at ``position``."""
        self._vectors[position] = vector
        self._count()

    def fail(self, position: int, error: Exception) -> None:
        """Takes note that the image at ``position`` cannot be embedded."""
        with self._lock:
            if position < self._failed_at:
                self._failed_at, self._error = position, error
        self._count()

    def skip(self) -> None:
        """Takes note of an image that was not needed."""
        self._count()

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            left = self._left
        if left:
            return
        self._on_done()
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self._answer.done():
            return
        if self._error:
            self._answer.set_exception(self._error)
        else:
            self._answer.set_result(self._vectors)

    def _too_late(self) -> None:
        if not self._answer.done():
            self._answer.set_exception(self._deadline.too_late())


class Picture:
    """One image of a request, ready for the encoder."""

    __slots__ = ("pixels", "position", "since", "work")

    def __init__(self, work: Work, position: int, pixels: npt.NDArray[np.uint8]) -> None:
        self.work = work
        self.position = position
        self.pixels = pixels
        """uint8 ``[size, size, 3]``."""
        self.since = time.monotonic()
        """From when it waits for the encoder."""

    def is_needed(self) -> bool:
        """Whether somebody waits for it."""
        return self.work.needs(self.position)

    def finish(self, vector: npt.NDArray[Any]) -> None:
        """Hands over its embedding, float32 ``[d]``."""
        self.work.finish(self.position, vector)

    def fail(self, error: Exception) -> None:
        """Hands over why it has none."""
        self.work.fail(self.position, error)
