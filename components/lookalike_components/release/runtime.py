"""A release at work: pictures to vectors with the fastest runtime, vectors to neighbours with faiss. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.pixels import BrokenImage, to_pixels
from lookalike_components.release.candidates import Candidate
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtimes.choice import AUTO, choose, load
from lookalike_components.release.runtimes.graph import BATCH_SIZE, Graph
from lookalike_components.release.sealing import INDEX, read_index_table
from lookalike_components.release.searching import nearest
from lookalike_components.release.thumbnails import Thumbnails

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Matches:
    """The ``k`` nearest images of the index for each of ``n`` queries, best first."""

    ids: list[list[str]]
    """sha256 of each found image's bytes."""
    uris: list[list[str]]
    """Where each found image came from."""
    labels: list[list[str]]
    """Label of each found image; empty where it has none."""
    scores: Vectors
    """float32 ``[n, k]``: cosines in -1..1."""


class Release:
    """A verified release, ready to encode and search. Safe to use from several threads at once.

    Attributes:
        manifest: What the release says about itself.
        candidate: How it encodes: the runtime, in which precision, and how that was measured.
        index: The faiss index; its positions are the rows of ``table``.
        table: The pictures of the index, a row each: ``image_id``, ``uri``, ``label`` (None where there is none),
            ``subset``, and what else their source had.
    """

    def __init__(
        self,
        manifest: Manifest,
        graph: Graph,
        index: Any,
        table: pd.DataFrame,
        candidate: Candidate,
        thumbnails: Thumbnails | None = None,
    ) -> None:
        self.manifest = manifest
        self.index = index
        self.table = table
        self.candidate = candidate
        self._graph = graph
        self._thumbnails = thumbnails
        self._columns = {name: table[name].fillna("").to_numpy(object) for name in ("image_id", "uri", "label")}

    @classmethod
    def open(cls, folder: str | Path, runtime: str = AUTO, threads: int = 0) -> Self:
        """Verifies every digest of the release in ``folder``, then loads it.

        Args:
            folder: The release.
            runtime: ``auto`` for the fastest that the release ships and this machine can run; ``onnx``, ``openvino`` or
                ``int8`` for that one alone.
            threads: Threads that share one batch; 0 for one on each core.

        Raises:
            UserError: The folder holds no release, or the release or this machine does not have the runtime.
            LookalikeError: A file is missing or is not what was sealed; the sentence names it.
        """
        manifest = Manifest.read(folder)
        manifest.verify(folder)
        candidate = choose(manifest, runtime)
        graph, index = load(folder, candidate, threads), faiss.read_index(str(Path(folder, INDEX)))
        return cls(manifest, graph, index, read_index_table(folder), candidate, Thumbnails.of(folder))

    @property
    def runtime(self) -> str:
        """Name of the runtime that encodes: ``onnx``, ``openvino`` or ``int8``."""
        return self.candidate.runtime

    def encode(self, images: Sequence[bytes]) -> Vectors:
        """Embeds image files.

        Args:
            images: Encoded images (JPEG, PNG, ...).

        Returns:
            float32 ``[n, d]`` of unit length.

        Raises:
            UserError: One of them is broken; the sentence tells its number, from 1.
        """
        starts = range(0, len(images), BATCH_SIZE)
        batches = [self.encode_pixels(self.pixels(images[start : start + BATCH_SIZE], start)) for start in starts]
        return np.concatenate([np.empty((0, self.manifest.encoder.dimension), np.float32), *batches])

    def pixels(self, images: Sequence[bytes], start: int = 0) -> Pixels:
        """Decodes image files into uint8 ``[n, size, size, 3]``, as in training; ``start`` only numbers the faults."""
        encoder = self.manifest.encoder
        size = encoder.input_size
        pixels = np.empty((len(images), size, size, 3), np.uint8)
        for position, image in enumerate(images):
            try:
                pixels[position] = to_pixels(image, size, encoder.resize, encoder.aspect)
            except BrokenImage as error:
                raise UserError(f"image {start + position + 1:,} {error}; send another") from error
        return pixels

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        """Embeds uint8 RGB pixels ``[n, size, size, 3]`` of exactly the encoder's input size as float32 ``[n, d]``.

        Raises:
            UserError: The pixels have another type or size.
        """
        return self._graph.encode(pixels)

    def search(self, vectors: Vectors, k: int) -> Matches:
        """Finds the ``k`` nearest images of the index for each vector.

        Args:
            vectors: float32 ``[n, d]`` that this release's encoder made.
            k: How many to find, from 1 to the number of images in the index.

        Raises:
            UserError: ``k`` is out of range, or the vectors are another encoder's.
        """
        self._check(vectors, k)
        scores, positions = nearest(self.index, vectors, k)
        found = {name: column[positions].tolist() for name, column in self._columns.items()}
        return Matches(ids=found["image_id"], uris=found["uri"], labels=found["label"], scores=scores)

    def thumbnail(self, image_id: str) -> bytes | None:
        """A small WebP of a picture in the index; None where the release has none of it."""
        return self._thumbnails.get(image_id) if self._thumbnails else None

    def _check(self, vectors: Vectors, k: int) -> None:
        images, dimension = self.index.ntotal, self.index.d
        if not 1 <= k <= images:
            raise UserError(f"k is {k} but the index holds {images:,} images; ask for 1 to {images:,}")
        if vectors.ndim != 2 or vectors.shape[1] != dimension:
            raise UserError(
                f"the vectors have shape {vectors.shape} but this release makes n x {dimension}; encode with it"
            )
