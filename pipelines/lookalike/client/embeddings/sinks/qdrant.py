"""Qdrant: a point an embedding, with the picture, its label and what else is known of it in the payload."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from lookalike.client.embeddings.table import Origin, Rows
from lookalike_components.errors import LookalikeError, UserError

URL = "http://127.0.0.1:6333"
KEY = "QDRANT_API_KEY"
SECONDS = 60
POINTS = 512
"""Points of one request."""
ATTEMPTS = 5
NAMES = uuid.UUID("9a4f3a05-3b1c-5e0e-8d2c-6f7a4f0d9c11")
"""Points are known by UUIDs; ours are made from the ids of pictures under this one."""


@contextmanager
def connected(url: str, collection: str) -> Iterator["QdrantSink"]:
    """Opens a connection; the key, where the server wants one, is in ``$QDRANT_API_KEY``.

    Raises:
        UserError: Qdrant refuses.
        LookalikeError: It cannot be reached.
    """
    place = url or URL
    client = QdrantClient(
        url=place, api_key=os.environ.get(KEY) or None, timeout=SECONDS, check_compatibility=False, prefer_grpc=False
    )
    try:
        with explained(place):
            yield QdrantSink(client, collection)
    finally:
        client.close()


@contextmanager
def explained(place: str) -> Iterator[None]:
    """What Qdrant's client raises, as one sentence."""
    try:
        yield
    except UnexpectedResponse as error:
        kind = UserError if 400 <= (error.status_code or 0) < 500 else LookalikeError
        said = error.content.decode(errors="replace").strip()[:300] or error.reason_phrase
        raise kind(f"Qdrant at {place} refused ({error.status_code}): {said}") from error
    except (ApiException, httpx.TransportError) as error:
        raise LookalikeError(f"no answer from Qdrant at {place} ({error}); is it running?") from error


class QdrantSink:
    """A collection with cosine distance; its points know their encoder."""

    def __init__(self, client: QdrantClient, collection: str) -> None:
        """Nothing is sent yet.

        Args:
            client: Qdrant's own.
            collection: Name of the collection.
        """
        self._client = client
        self._collection = collection
        self._patiently = Retrying(
            retry=retry_if_exception_type(ResponseHandlingException),  # no answer: the same points may be sent again
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )

    def prepare(self, origin: Origin) -> None:
        """Makes the collection, or makes sure that it can hold these embeddings."""
        if self._client.collection_exists(self._collection):
            self._check(origin)
            return
        vectors = models.VectorParams(size=origin.dimension, distance=models.Distance.COSINE)
        self._client.create_collection(self._collection, vectors_config=vectors)
        for name in ("encoder", "label"):
            self._client.create_payload_index(self._collection, name, models.PayloadSchemaType.KEYWORD)

    def write(self, rows: Rows, origin: Origin) -> None:
        """Puts points in, in place of those of the same ids."""
        for start in range(0, len(rows.ids), POINTS):
            batch = _points(rows, origin, slice(start, start + POINTS))
            self._patiently(self._client.upsert, self._collection, points=batch, wait=True)

    def finish(self) -> None:
        """Leaves the index to Qdrant, which builds it by itself."""

    def _check(self, origin: Origin) -> None:
        found = self._client.get_collection(self._collection).config.params.vectors
        size, distance = getattr(found, "size", None), getattr(found, "distance", None)
        if (size, distance) != (origin.dimension, models.Distance.COSINE):
            raise UserError(
                f"the collection {self._collection} is not for vectors of {origin.dimension:,} numbers with cosine "
                "distance; pass another --collection"
            )
        own = models.FieldCondition(key="encoder", match=models.MatchValue(value=origin.encoder))
        others, _ = self._client.scroll(self._collection, models.Filter(must_not=[own]), limit=1)
        if others:
            encoder = (others[0].payload or {}).get("encoder", "that nothing is known of")
            raise UserError(
                f"the collection {self._collection} holds embeddings of the encoder {encoder[:12]}, which cannot be "
                f"compared with those of {origin.encoder[:12]}; pass another --collection"
            )


def point_id(id_: str) -> str:
    """The UUID of a picture's point."""
    return str(uuid.uuid5(NAMES, id_))


def _points(rows: Rows, origin: Origin, part: slice) -> models.Batch:
    described = zip(rows.ids[part], rows.pictures[part], rows.labels[part], rows.columns[part], strict=True)
    payloads = [
        {**columns, "image_id": id_, "picture": picture, "label": label, "encoder": origin.encoder}
        for id_, picture, label, columns in described
    ]
    return models.Batch(
        ids=[point_id(id_) for id_ in rows.ids[part]], vectors=rows.vectors[part].tolist(), payloads=payloads
    )
