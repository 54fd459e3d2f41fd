"""Turns pictures into vectors with the encoder that is measured; the same pixels for every encoder of its size."""

import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import in_order, load_pixels
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.subset import Examination
from lookalike_components.pixels import view
from lookalike_components.progress import track

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]

BATCH_SIZE = 64
SEED_OF_VIEWS = 0
"""The same views for every encoder."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What embedding the test took.

    Attributes:
        seconds: From the first picture to the last vector, with reading and decoding.
        images: Pictures that were embedded in this time.
        images_per_second: Their quotient.
    """

    seconds: float
    images: int
    images_per_second: float


def embed(encoder: Encoder, images: pd.DataFrame) -> Vectors:
    """Embeds the pictures of an image table, float32 ``[n, d]`` in its order; threads decode ahead of the encoder."""
    return embed_pixels(encoder, _pixels(encoder, images), len(images))


def embed_test(encoder: Encoder, test: Examination) -> tuple[Vectors, Cost]:
    """Embeds each row of ``test.images``, the queries by a view of theirs where they are asked for by views."""
    batches, started = _pixels(encoder, test.images), time.monotonic()
    viewed = with_views(batches, len(test.queries)) if test.by_views else batches
    vectors = embed_pixels(encoder, viewed, len(test.images))
    seconds = time.monotonic() - started
    return vectors, Cost(seconds, len(vectors), len(vectors) / seconds)


def embed_pixels(encoder: Encoder, batches: Iterable[Pixels], images: int, each: int = BATCH_SIZE) -> Vectors:
    """Embeds batches of pixels, and tells how far it has come.

    Args:
        encoder: The encoder.
        batches: uint8 ``[b, size, size, 3]``; read one at a time.
        images: Pictures in all.
        each: Pictures in a batch.
    """
    return encode(encoder, track(batches, images, "images", each=each))


def with_views(batches: Iterator[Pixels], queries: int) -> Iterator[Pixels]:
    """Puts a view in the place of each of the first pictures, those that are asked for; threads do it ahead."""
    return in_order(lambda numbered: _viewed(*numbered, queries), _numbered(batches), size=lambda pixels: pixels.nbytes)


def peak_memory() -> float:
    """The most memory that this process has held so far, in MB of 10^6 bytes; not that of a GPU."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / 1e6


def _pixels(encoder: Encoder, images: pd.DataFrame) -> Iterator[Pixels]:
    config = encoder.config
    return load_pixels(images, config.input_size, config.resize, BATCH_SIZE, config.aspect)


def _numbered(batches: Iterator[Pixels]) -> Iterator[tuple[int, Pixels]]:
    """Each batch with the number of its first picture."""
    number = 0
    for batch in batches:
        yield number, batch
        number += len(batch)


def _viewed(number: int, batch: Pixels, queries: int) -> Pixels:
    for place in range(min(len(batch), max(queries - number, 0))):
        batch[place] = view(batch[place], np.random.default_rng([SEED_OF_VIEWS, number + place]))
    return batch
