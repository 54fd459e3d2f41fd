"""What every model and route asks for embeddings."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike_components.release.runtime import Release
from lookalike_components.serve.config import Limits
from lookalike_components.serve.cores import cores
from lookalike_components.serve.engine.admission import Admission, room
from lookalike_components.serve.engine.batching import MOST_IDLE_SECONDS, Batching
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.engine.decoding import decode
from lookalike_components.serve.engine.turns import Turns
from lookalike_components.serve.engine.watch import Watch
from lookalike_components.serve.engine.work import Picture, Work
from lookalike_components.serve.observability.metrics import observe
from lookalike_components.serve.observability.traces import carried
from lookalike_components.serve.refusals import TooManyImages

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
ToPixels = Callable[[Any, int], Pixels]
"""Makes uint8 ``[size, size, 3]`` of an image's source and its position in the request."""
LOOK_SECONDS = MOST_IDLE_SECONDS / 2


class Engine:
    """Turns images into embeddings, for any release; one for the whole server. Used by the event loop alone."""

    def __init__(self, limits: Limits, threads: int = 0) -> None:
        """Starts no thread yet.

        Args:
            limits: What one request may ask for, and how much may wait.
            threads: How many decode at once; 0 takes one for every core.
        """
        threads = threads or cores()
        self._limits = limits
        self._admission = Admission(room(limits.queue_images, threads))
        self._most = min(limits.images, self._admission.most)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="engine")
        self._batching = Batching()
        self._late = ThreadPoolExecutor(1, thread_name_prefix="engine-late")
        self.searches = Turns(self._admission.most, threads, "searches")
        """Where searches that take longer have their turn."""
        self._watch = Watch(LOOK_SECONDS, self._run_what_is_overdue)

    async def encode_files(self, release: Release, images: list[bytes]) -> Vectors:
        """Embeds image files.

        Returns:
            float32 ``[n, d]`` of unit length.

        Raises:
            Busy: Too much waits already.
            TooLate: The current deadline is over.
            UserError: An image is broken or too large; the sentence tells its number, from 1. Or there are too many.
        """

        def pixels(image: bytes, position: int) -> Pixels:
            return decode(image, position + 1, release.manifest.encoder, self._limits.pixels)

        return await self._encode(release, images, pixels)

    async def encode_pixels(self, release: Release, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embeds uint8 RGB pixels ``[n, size, size, 3]`` of exactly the encoder's input size as float32 ``[n, d]``.

        Raises:
            Busy: Too much waits already.
            TooLate: The current deadline is over.
            UserError: The pixels have another type or size, or there are too many.
        """
        size = release.manifest.encoder.input_size
        if pixels.shape[1:] != (size, size, 3):
            return release.encode_pixels(pixels)  # which refuses them

        return await self._encode(release, list(pixels), lambda image, _: image)

    def close(self) -> None:
        """Ends the threads; what is under way is finished, what waits is dropped."""
        for threads in (self._threads, self._late):
            threads.shutdown(wait=True, cancel_futures=True)
        self.searches.close()

    async def _encode(self, release: Release, sources: Sequence[Any], pixels: ToPixels) -> Vectors:
        deadline, images = Deadline.current(), len(sources)
        if deadline.is_over:
            raise deadline.too_late()
        if not images:
            return np.empty((0, release.manifest.encoder.dimension), np.float32)
        if images > self._most:
            raise TooManyImages(f"the request holds {images:,} images; send no more than {self._most:,} in one")
        in_flight = self._admission.take(images)
        work = Work(release, sources, deadline, on_done=partial(self._admission.give_back, images))
        with self._watch.held():
            self._batching.expect(images)
            for position in range(images):
                self._threads.submit(carried(self._prepare), work, position, pixels)
            vectors = await work.result()
        self._admission.learn(in_flight, time.perf_counter() - work.since)
        return vectors

    def _run_what_is_overdue(self) -> None:
        """Every thread may be in the middle of a large image, and one that is decoded must not wait for it."""
        if self._batching.is_overdue():
            self._late.submit(self._batching.run)

    def _prepare(self, work: Work, position: int, pixels: ToPixels) -> None:
        """What a thread does with one image of a request."""
        self._batching.begin()
        self._decode(work, position, pixels)
        self._batching.run()

    def _decode(self, work: Work, position: int, pixels: ToPixels) -> None:
        source = work.source(position)
        if source is None:
            work.skip()
            return
        observe("queue", time.perf_counter() - work.since)
        try:
            self._batching.put(Picture(work, position, pixels(source, position)))
        except Exception as error:  # a refusal, or a fault of ours: the request has to hear of either
            work.fail(position, error)
