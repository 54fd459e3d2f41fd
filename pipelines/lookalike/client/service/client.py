"""The client of a running server."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
from tenacity import Retrying

from lookalike.client.service import calls
from lookalike.client.service.answers import Change, Embeddings, Neighbours, joined
from lookalike.client.service.connection import Connection
from lookalike.client.service.entries import Entry, requests
from lookalike.client.service.pictures import Batch, Picture, batches
from lookalike.client.service.refusals import ServiceError, silence
from lookalike.client.service.retries import Patience
from lookalike.client.service.windows import in_order
from lookalike_components.errors import UserError

Answer = TypeVar("Answer")
VECTORS = 128
"""Vectors of one request."""


class Client:
    """Asks a server for embeddings and neighbours; keeps its connections open, and may be used by several threads."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        timeout: float = 60.0,
        *,
        token: str = "",
        token_file: str | Path | None = None,
        ca_file: str | Path | None = None,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
        connections: int = 4,
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: Where the server answers REST.
            timeout: Seconds that one request may take.
            token: Bearer token; ``$LOOKALIKE_TOKEN`` unless given.
            token_file: File with the bearer token, in place of ``token``; read for each request.
            ca_file: PEM file of the certificates that the server's was issued by; the public ones unless given.
            patience: How long a request that is not answered is sent again; ``Retry-After`` is respected.
            connections: Requests that may be under way at once, where there are more images than one holds.

        Raises:
            UserError: The address, the token's file or the certificates are none.
        """
        self.url = url
        self.connections = connections
        self._rules = patience.rules()
        connection = Connection(url, timeout, token, token_file, ca_file, connections)
        self._http = httpx.Client(**connection.arguments())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def ready(self) -> bool:
        """Whether a server is there and can search."""
        try:
            return self._http.get("/v2/models/search/ready").is_success
        except httpx.TransportError:
            return False

    @property
    def release(self) -> str:
        """Digest (sha256, hex) of the release that is served now.

        Raises:
            ServiceError: No server answers.
        """
        return str(self.manifest()["digest"])

    def manifest(self) -> dict[str, Any]:
        """The manifest of the release that is served now: its name, digest, encoder, index and threshold.

        Raises:
            ServiceError: No server answers, or it refuses.
        """
        return self._ask(calls.Json("GET", "/release"))

    def switch_release(self, folder: str) -> dict[str, Any]:
        """Puts another release in service, once it is loaded; no request fails meanwhile.

        Args:
            folder: Its name beneath the server's folder of releases.

        Returns:
            ``release`` and ``previous``, digests; ``encoder`` and ``name``.

        Raises:
            ServiceError: There is none of that name, it is damaged, or the server may not switch.
        """
        return self._ask(calls.Json("POST", "/release", json={"folder": folder}))

    def encode(
        self, images: Iterable[Picture], progress: Callable[[int], object] | None = None
    ) -> npt.NDArray[np.float32]:
        """Embeds images.

        Args:
            images: Encoded files as bytes, their paths or URIs, uint8 arrays ``[height, width, 3]``, or Pillow's.
            progress: Called with the number of further images that are done.

        Returns:
            float32 ``[n, d]``, rows of unit length.

        Raises:
            UserError: A file cannot be read.
            ServiceError: The server refuses an image, or does not answer.
        """
        return self.embed(images, progress).vectors

    def embed(self, images: Iterable[Picture], progress: Callable[[int], object] | None = None) -> Embeddings:
        """Embeds images as `encode` does, and tells by which encoder: what `search_vectors` and `add` want to know."""
        return joined(
            self._by_batches(lambda batch: self._ask(calls.Encode(batch.files), batch.first), images, progress)
        )

    def search(
        self,
        images: Iterable[Picture],
        k: int = 5,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 (as the server calls it)
        exclude: Iterable[str] = (),
        progress: Callable[[int], object] | None = None,
    ) -> list[Neighbours]:
        """Finds the ``k`` images of the index that are most like each of ``images``, best first.

        Args:
            images: As `encode` takes them.
            k: How many to find, from 1 to the number of images in the index.
            filter: What the neighbours have to be, such as ``{"label": ["mug", "bowl"], "shop": 3}``.
            exclude: Ids that are not to be found.
            progress: Called with the number of further images that are done.

        Returns:
            The neighbours of each image, fewer than ``k`` where the filter leaves fewer.

        Raises:
            UserError: A file cannot be read.
            ServiceError: The server refuses an image or what is wanted, or does not answer.
        """
        wanted = calls.Wanted.of(k, filter, exclude)

        def ask(batch: Batch) -> list[Neighbours]:
            return self._ask(calls.Search(batch.files, wanted), batch.first)

        return [neighbours for part in self._by_batches(ask, images, progress) for neighbours in part]

    def search_vectors(
        self,
        embeddings: Embeddings,
        k: int = 5,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        exclude: Iterable[str] = (),
    ) -> list[Neighbours]:
        """Finds the neighbours of embeddings that this server's encoder made earlier; see `search`.

        Raises:
            ServiceError: Another encoder made them (status 409), or as `search` does.
        """
        wanted, vectors = calls.Wanted.of(k, filter, exclude), calls.rows(embeddings.vectors)

        def ask(part: npt.NDArray[np.float32]) -> list[Neighbours]:
            return self._ask(calls.SearchVectors(part, embeddings.encoder, wanted))

        parts = [vectors[start : start + VECTORS] for start in range(0, len(vectors), VECTORS)]
        return [row for answer in in_order(ask, parts, self.connections) for row in answer]

    def index(self) -> dict[str, Any]:
        """What the index holds: ``images``, ``added``, ``hidden``, the ``columns`` to filter by, and more."""
        return self._ask(calls.Json("GET", "/index"))

    def labels(self) -> dict[str, int]:
        """The labels in the index with their number of images, the most frequent first (1,000 at the most)."""
        found = self._ask(calls.Json("GET", "/index/labels"))["labels"]
        return {str(row["label"]): int(row["images"]) for row in found}

    def add(self, entries: Iterable[Entry], encoder: str = "") -> list[Change]:
        """Adds entries to the index; they can be found, and survive the server, once this returns.

        Args:
            entries: Images, or vectors with their ids. The same id again replaces an entry.
            encoder: For vectors: digest of the encoder that made them.

        Returns:
            What became of them, a change for each request (32 entries).

        Raises:
            UserError: An entry is none, or its file cannot be read.
            ServiceError: The server refuses, or its index cannot be changed. Earlier requests stay done.
        """
        return [self._ask(calls.ChangeIndex("/index", body)) for body in requests(entries, encoder)]

    def remove(self, ids: Iterable[str]) -> Change:
        """Takes entries out of the index, also such that came with the release.

        Raises:
            ServiceError: The server refuses, or its index cannot be changed.
        """
        return self._ask(calls.ChangeIndex("/index/remove", {"ids": list(ids)}))

    def _by_batches(
        self, ask: Callable[[Batch], Any], images: Iterable[Picture], progress: Callable[[int], object] | None
    ) -> list[Any]:
        """The answers to requests of bounded size, several of them under way at once."""
        answers = []
        for part in in_order(ask, batches(images), self.connections):
            answers.append(part)
            if progress:
                progress(len(part))
        if not answers:
            raise UserError(calls.NO_PICTURES)
        return answers

    def _ask(self, call: "calls.Call[Answer]", first: int = 1) -> Answer:
        """Asks until there is an answer; ``first`` is the number of the request's first image, for the sentence."""
        try:
            answer: Answer = Retrying(**self._rules)(self._asked_once, call)
        except ServiceError as error:
            raise error.counted_from(first) from error
        return answer

    def _asked_once(self, call: "calls.Call[Answer]") -> Answer:
        try:
            response = self._http.request(call.method, call.path, **call.request)
        except httpx.TransportError as error:
            raise silence(self.url, error) from error
        return call.read(self.url, response)
