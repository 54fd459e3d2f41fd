"""Some pictures of a source on their way to a table of embeddings."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lookalike.client.embeddings.table import Origin, table_of
from lookalike.client.service import Embeddings, ServiceError
from lookalike.client.service.halving import halved
from lookalike.client.service.pictures import Batch, batches
from lookalike.client.service.windows import in_order
from lookalike.client.source_pictures import read
from lookalike_components.ingest.sources import Source

Vector = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Whoever embeds, as `Client` does."""

    connections: int

    def embed(self, images: Sequence[bytes], /) -> Embeddings:
        """Embeds the images of one request."""


class Part:
    """Reads, embeds, and remembers what could not be."""

    def __init__(
        self, encoder: Encoder, origin: Origin, source: Source, rows: pa.Table, progress: Callable[[int], object]
    ) -> None:
        """Nothing is read yet.

        Args:
            encoder: A client of the server.
            origin: What is in service there.
            source: Where the pictures are.
            rows: What the source says of each, as `described` tells it.
            progress: Called with the number of further pictures that are done.
        """
        self.origin = origin
        self.rows = rows
        self.progress = progress
        self._encoder = encoder
        self._source = source
        self._refused: dict[str, str] = {}
        self._sent: list[tuple[int, str]] = []
        """Row and id of each picture that could be read, in the order in which they are sent."""

    def encoded(self) -> tuple[pa.Table, dict[str, str]]:
        """The table of the pictures that could be embedded, and the reasons against the others.

        Raises:
            ServiceError: The server does not answer, or took up another encoder.
        """
        answers = in_order(self._answered, batches(self._files()), self._encoder.connections)
        done = [found for answer in answers for found in answer]
        vectors = np.array([vector for _, vector in done], np.float32).reshape(-1, self.origin.dimension)
        rows, ids = zip(*(self._sent[place] for place, _ in done), strict=True) if done else ((), ())
        told = self.rows.take(pa.array(rows, pa.int64()))
        return table_of(told.add_column(0, "id", pa.array(ids, pa.string())), vectors, self.origin), self._refused

    def _files(self) -> Iterator[bytes]:
        uris = self.rows["picture"].to_pylist()
        for row, content in enumerate(in_order(lambda uri: read(self._source, uri), uris, self._source.reads_at_once)):
            if isinstance(content, str):
                self._refuse(uris[row], content)
            else:
                self._sent.append((row, hashlib.sha256(content).hexdigest()))
                yield content

    def _answered(self, batch: Batch) -> list[tuple[int, Vector]]:
        """Each picture's place among those that are sent, from 0, with its vector; without those that are refused."""
        done: list[tuple[int, Vector]] = []
        for files, answer in halved(self._embedded, list(enumerate(batch.files, start=batch.first - 1))):
            if isinstance(answer, ServiceError):
                self._refuse(self.rows["picture"][self._sent[files[0][0]][0]].as_py(), answer.of_the_image)
            else:
                done += [(place, vector) for (place, _), vector in zip(files, answer.vectors, strict=True)]
                self.progress(len(files))
        return done

    def _embedded(self, files: Sequence[tuple[int, bytes]]) -> Embeddings:
        embeddings = self._encoder.embed([file for _, file in files])
        if embeddings.encoder != self.origin.encoder:
            raise ServiceError(
                "the server took up another encoder in between, whose embeddings cannot be compared with the others; "
                "encode the source again"
            )
        return embeddings

    def _refuse(self, uri: str, reason: str) -> None:
        self._refused[uri] = reason
        self.progress(1)
