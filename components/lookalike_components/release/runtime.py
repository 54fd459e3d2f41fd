"""A release at work: pictures to vectors with onnxruntime, vectors to neighbours with faiss. No torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt
import onnxruntime
import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.pixels import BrokenImage, to_pixels
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.sealing import GRAPH, INDEX, read_index_table

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]

BATCH_SIZE = 32


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


class Graph:
    """The encoder's ONNX graph: uint8 ``[b, size, size, 3]`` RGB in, unit vectors out."""

    def __init__(self, path: str | Path) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.dimension: int = self._session.get_outputs()[0].shape[1]
        self.input_size: int = self._session.get_inputs()[0].shape[1]

    def encode(self, pixels: Pixels) -> Vectors:
        """Embeds uint8 ``[n, size, size, 3]`` as float32 ``[n, d]``, in batches so that memory stays bounded.

        Raises:
            UserError: The pixels have another type or size than the graph takes.
        """
        size = self.input_size
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (size, size, 3):
            shape = " x ".join(str(extent) for extent in pixels.shape)
            raise UserError(
                f"the pixels are {pixels.dtype} {shape} but the encoder takes uint8 n x {size} x {size} x 3 (RGB); "
                "resize them, or send the image files themselves"
            )
        starts = range(0, len(pixels), BATCH_SIZE)
        return self._joined(self._run(pixels[start : start + BATCH_SIZE]) for start in starts)

    def _run(self, batch: Pixels) -> Vectors:
        vectors: Vectors = self._session.run(None, {"images": batch})[0]
        return vectors

    def _joined(self, batches: Iterator[Vectors]) -> Vectors:
        return np.concatenate([np.empty((0, self.dimension), np.float32), *batches])


class Release:
    """A verified release, ready to encode and search. Safe to use from several threads at once."""

    def __init__(self, manifest: Manifest, graph: Graph, index: Any, table: pd.DataFrame) -> None:
        self.manifest = manifest
        self._graph = graph
        self._index = index
        self._columns = {name: table[name].fillna("").to_numpy(object) for name in ("image_id", "uri", "label")}

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Verifies every digest of the release in ``folder``, then loads it.

        Raises:
            UserError: The folder holds no release.
            LookalikeError: A file is missing or is not what was sealed; the sentence names it.
        """
        manifest = Manifest.read(folder)
        manifest.verify(folder)
        index = faiss.read_index(str(Path(folder, INDEX)))
        return cls(manifest, Graph(Path(folder, GRAPH)), index, read_index_table(folder))

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
        scores, positions = self._index.search(np.ascontiguousarray(vectors, np.float32), k)
        found = {name: column[positions].tolist() for name, column in self._columns.items()}
        return Matches(ids=found["image_id"], uris=found["uri"], labels=found["label"], scores=scores)

    def _check(self, vectors: Vectors, k: int) -> None:
        images, dimension = self._index.ntotal, self._index.d
        if not 1 <= k <= images:
            raise UserError(f"k is {k} but the index holds {images:,} images; ask for 1 to {images:,}")
        if vectors.ndim != 2 or vectors.shape[1] != dimension:
            raise UserError(
                f"the vectors have shape {vectors.shape} but this release makes n x {dimension}; encode with it"
            )
