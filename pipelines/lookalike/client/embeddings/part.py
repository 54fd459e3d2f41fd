"""Some pictures of a source on their way to a table of embeddings."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from lookalike.client.embeddings.table import OWN, Origin, table_of
from lookalike.client.service import Embeddings, ServiceError
from lookalike.client.service.pictures import Batch, batches
from lookalike.client.service.windows import in_order
from lookalike_components.errors import UserError
from lookalike_components.ingest.sources import Source

OF_THE_LISTING = {"uri", "nbytes", "version", "shard", "offset"}
OF_AN_IMAGE = {400, 413}
"""Statuses by which a server refuses an image, or as many of them at once."""
Vector = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Whoever embeds, as `Client` does."""

    connections: int

    def embed(self, images: Sequence[bytes], /) -> Embeddings:
        """Embeds the images of one request."""


class Part:
    """Reads, embeds, and remembers what could not be."""

    def __init__(
        self, encoder: Encoder, origin: Origin, source: Source, rows: pd.DataFrame, progress: Callable[[int], object]
    ) -> None:
        """Nothing is read yet.

        Args:
            encoder: A client of the server.
            origin: What is in service there.
            source: Where the pictures are.
            rows: Theirs of the source's listing.
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
        columns = self._columns([self._sent[place] for place, _ in done])
        return table_of(columns, vectors, self.origin), self._refused

    def _files(self) -> Iterator[bytes]:
        uris = self.rows["uri"].tolist()
        for row, content in enumerate(in_order(self._read, uris, self._source.reads_at_once)):
            if isinstance(content, str):
                self._refuse(uris[row], content)
            else:
                self._sent.append((row, hashlib.sha256(content).hexdigest()))
                yield content

    def _read(self, uri: str) -> bytes | str:
        """The picture, or why there is none."""
        try:
            content = self._source.read(uri)
        except UserError as error:
            return str(error).removeprefix(f"{uri} ")
        return content.data if content else "is not there any more"

    def _answered(self, batch: Batch) -> list[tuple[int, Vector]]:
        """Each picture's place among those that are sent, from 0, with its vector."""
        return self._embedded(batch.files, batch.first - 1)

    def _embedded(self, files: list[bytes], place: int) -> list[tuple[int, Vector]]:
        """Leaves out what the server refuses: halves are asked, until it is found."""
        try:
            embeddings = self._encoder.embed(files)
        except ServiceError as error:
            if error.status not in OF_AN_IMAGE:
                raise
            if len(files) == 1:
                self._refuse(self.rows["uri"].iloc[self._sent[place][0]], _reason(error))
                return []
            half = len(files) // 2
            return self._embedded(files[:half], place) + self._embedded(files[half:], place + half)
        if embeddings.encoder != self.origin.encoder:
            raise ServiceError(
                "the server took up another encoder in between, whose embeddings cannot be compared with the others; "
                "encode the source again"
            )
        self.progress(len(files))
        return list(enumerate(embeddings.vectors, start=place))

    def _refuse(self, uri: str, reason: str) -> None:
        self._refused[uri] = reason
        self.progress(1)

    def _columns(self, sent: list[tuple[int, str]]) -> pa.Table:
        listing, rows = self._source.listing, self.rows.iloc[[row for row, _ in sent]]
        others = [name for name in listing.columns if name not in OF_THE_LISTING | set(OWN)]
        # Types come from the whole listing: a part may hold nothing but missing values in a column.
        schema = pa.Schema.from_pandas(listing[others], preserve_index=False).remove_metadata()
        more = pa.Table.from_pandas(rows[others], schema, preserve_index=False)
        labels = rows["label"].tolist() if "label" in rows else [None] * len(rows)
        own = {
            "id": pa.array([id_ for _, id_ in sent], pa.string()),
            "picture": pa.array(rows["uri"].tolist(), pa.string()),
            "label": pa.array([str(label) if label and not pd.isna(label) else None for label in labels], pa.string()),
        }
        return pa.table(own | {name: more.column(name) for name in others})


def _reason(error: ServiceError) -> str:
    return str(error).partition(" refused: ")[2].removeprefix("image 1 ").removesuffix("; send another")
