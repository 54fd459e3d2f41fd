"""What every model and route asks for embeddings."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike_components.release.runtime import Release
from lookalike_components.serve.config import Limits
from lookalike_components.serve.cores import cores
from lookalike_components.serve.engine.admission import Admission, room
from lookalike_components.serve.engine.batching import Batching
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.engine.decoding import decode
from lookalike_components.serve.engine.work import Picture, Work
from lookalike_components.serve.observability.metrics import observe
from lookalike_components.serve.observability.traces import carried
from lookalike_components.serve.refusals import TooManyImages

Vectors = npt.NDArray[np.float32]


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

    async def encode_files(self, release: Release, images: list[bytes]) -> Vectors:
        """Embeds image files.

        Returns:
            float32 ``[n, d]`` of unit length.

        Raises:
            Busy: Too much waits already.
            TooLate: The current deadline is over.
            UserError: An image is broken or too large; the sentence tells its number, from 1. Or there are too many.
        """

        def put(work: Work, position: int) -> None:
            encoder, most_pixels = release.manifest.encoder, self._limits.pixels
            pixels = decode(images[position], position + 1, encoder, most_pixels)
            self._batching.put(Picture(work, position, pixels))

        return await self._encode(release, len(images), put)

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

        def put(work: Work, position: int) -> None:
            self._batching.put(Picture(work, position, pixels[position]))

        return await self._encode(release, len(pixels), put)

    def close(self) -> None:
        """Ends the threads; what is under way is finished, what waits is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _encode(self, release: Release, images: int, put: Callable[[Work, int], Any]) -> Vectors:
        deadline = Deadline.current()
        if deadline.is_over:
            raise deadline.too_late()
        if not images:
            return np.empty((0, release.manifest.encoder.dimension), np.float32)
        if images > self._most:
            raise TooManyImages(f"the request holds {images:,} images; send no more than {self._most:,} in one")
        with self._admission.taking(images):
            work = Work(release, images, deadline)
            self._batching.expect(images)
            for position in range(images):
                self._threads.submit(carried(self._prepare), work, position, put)
            return await work.result()

    def _prepare(self, work: Work, position: int, put: Callable[[Work, int], Any]) -> None:
        """What a thread does with one image of a request."""
        self._batching.begin()
        if work.needs(position):
            observe("queue", time.perf_counter() - work.since)
            try:
                put(work, position)
            except Exception as error:  # a refusal, or a fault of ours: the request has to hear of either
                work.fail(position, error)
        else:
            work.skip()
        self._batching.run()
