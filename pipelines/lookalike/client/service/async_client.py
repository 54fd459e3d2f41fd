"""The same client for programs built on asyncio."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
from tenacity import AsyncRetrying

from lookalike.client.service import calls
from lookalike.client.service.answers import Change, Embeddings, Neighbours, joined
from lookalike.client.service.client import VECTORS
from lookalike.client.service.connection import Connection
from lookalike.client.service.entries import Entry, requests
from lookalike.client.service.pictures import Batch, Picture, batches
from lookalike.client.service.refusals import ServiceError, silence
from lookalike.client.service.retries import Patience
from lookalike.client.service.windows import in_order_async
from lookalike_components.errors import UserError

Answer = TypeVar("Answer")


class AsyncClient:
    """`Client` with the same methods, to be awaited; its docstrings say what they take and give."""

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
        """As `Client` does; nothing is sent yet."""
        self.url = url
        self.connections = connections
        self._rules = patience.rules()
        connection = Connection(url, timeout, token, token_file, ca_file, connections)
        self._http = httpx.AsyncClient(**connection.arguments())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def ready(self) -> bool:
        """Whether a server is there and can search."""
        try:
            return (await self._http.get("/v2/models/search/ready")).is_success
        except httpx.TransportError:
            return False

    async def release(self) -> str:
        """Digest (sha256, hex) of the release that is served now."""
        return str((await self.manifest())["digest"])

    async def manifest(self) -> dict[str, Any]:
        """See `Client.manifest`."""
        return await self._ask(calls.Json("GET", "/release"))

    async def switch_release(self, folder: str) -> dict[str, Any]:
        """See `Client.switch_release`."""
        return await self._ask(calls.Json("POST", "/release", json={"folder": folder}))

    async def encode(
        self, images: Iterable[Picture], progress: Callable[[int], object] | None = None
    ) -> npt.NDArray[np.float32]:
        """See `Client.encode`: float32 ``[n, d]``, rows of unit length."""
        return (await self.embed(images, progress)).vectors

    async def embed(self, images: Iterable[Picture], progress: Callable[[int], object] | None = None) -> Embeddings:
        """See `Client.embed`."""

        async def ask(batch: Batch) -> Embeddings:
            return await self._ask(calls.Encode(batch.files), batch.first)

        return joined(await self._by_batches(ask, images, progress))

    async def search(
        self,
        images: Iterable[Picture],
        k: int = 5,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 (as the server calls it)
        exclude: Iterable[str] = (),
        progress: Callable[[int], object] | None = None,
    ) -> list[Neighbours]:
        """See `Client.search`."""
        wanted = calls.Wanted.of(k, filter, exclude)

        async def ask(batch: Batch) -> list[Neighbours]:
            return await self._ask(calls.Search(batch.files, wanted), batch.first)

        return [neighbours for part in await self._by_batches(ask, images, progress) for neighbours in part]

    async def search_vectors(
        self,
        embeddings: Embeddings,
        k: int = 5,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        exclude: Iterable[str] = (),
    ) -> list[Neighbours]:
        """See `Client.search_vectors`."""
        wanted, vectors = calls.Wanted.of(k, filter, exclude), calls.rows(embeddings.vectors)

        async def ask(part: npt.NDArray[np.float32]) -> list[Neighbours]:
            return await self._ask(calls.SearchVectors(part, embeddings.encoder, wanted))

        parts = [vectors[start : start + VECTORS] for start in range(0, len(vectors), VECTORS)]
        return [row async for answer in in_order_async(ask, parts, self.connections) for row in answer]

    async def index(self) -> dict[str, Any]:
        """See `Client.index`."""
        return await self._ask(calls.Json("GET", "/index"))

    async def labels(self) -> dict[str, int]:
        """See `Client.labels`."""
        found = (await self._ask(calls.Json("GET", "/index/labels")))["labels"]
        return {str(row["label"]): int(row["images"]) for row in found}

    async def add(self, entries: Iterable[Entry], encoder: str = "") -> list[Change]:
        """See `Client.add`."""

        async def ask(body: dict[str, Any]) -> Change:
            return await self._ask(calls.ChangeIndex("/index", body))

        return [change async for change in in_order_async(ask, requests(entries, encoder), 1)]

    async def remove(self, ids: Iterable[str]) -> Change:
        """See `Client.remove`."""
        return await self._ask(calls.ChangeIndex("/index/remove", {"ids": list(ids)}))

    async def _by_batches(
        self, ask: Callable[[Batch], Any], images: Iterable[Picture], progress: Callable[[int], object] | None
    ) -> list[Any]:
        answers = []
        async for part in in_order_async(ask, batches(images), self.connections):
            answers.append(part)
            if progress:
                progress(len(part))
        if not answers:
            raise UserError(calls.NO_PICTURES)
        return answers

    async def _ask(self, call: "calls.Call[Answer]", first: int = 1) -> Answer:
        try:
            return await AsyncRetrying(**self._rules)(self._asked_once, call)
        except ServiceError as error:
            raise error.counted_from(first) from error

    async def _asked_once(self, call: "calls.Call[Answer]") -> Answer:
        try:
            response = await self._http.request(call.method, call.path, **call.request)
        except httpx.TransportError as error:
            raise silence(self.url, error) from error
        return call.read(self.url, response)
