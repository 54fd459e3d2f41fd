"""HTTP routes that tell of an index and change it: ``/index``, and ``/release`` to switch releases."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import FastAPI, Request

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtime import Release
from lookalike_components.serve.collection.changes import Addition, Change, Entry, Forgetting, Removal, Vectors
from lookalike_components.serve.collection.embeddings import check_embeddings
from lookalike_components.serve.collection.journal import Journal
from lookalike_components.serve.collection.refusals import Damaged
from lookalike_components.serve.collection.requests import (
    AddRequest,
    EntryRequest,
    RemoveRequest,
    SwitchRequest,
    matrix,
    openapi,
    read,
)
from lookalike_components.serve.config import Limits
from lookalike_components.serve.observability import metrics
from lookalike_components.serve.protocol.query import from_base64
from lookalike_components.serve.refusals import NotAllowed, NotFound, TooManyImages

if TYPE_CHECKING:
    from lookalike_components.serve.current import Current, Served

Encode = Callable[[Release, list[bytes]], Awaitable[Vectors]]
"""Embeds image files with a release's encoder: float32 ``[n, d]``."""
MOST_LABELS = 1_000


def install(app: FastAPI, current: "Current", encode: Encode, limits: Limits) -> None:
    """Adds the routes that tell of the index in service and change it."""
    routes = _IndexRoutes(current, encode, limits)
    app.add_api_route("/index", routes.facts, methods=["GET"])
    app.add_api_route("/index/labels", routes.labels, methods=["GET"])
    app.add_api_route("/index", routes.add, methods=["POST"], openapi_extra=openapi(AddRequest))
    app.add_api_route("/index/remove", routes.remove, methods=["POST"], openapi_extra=openapi(RemoveRequest))


def install_release(app: FastAPI, current: "Current", releases: str | Path | None) -> None:
    """Adds the routes that tell of the release in service and switch to another one.

    Args:
        app: The server's application.
        current: The release in service.
        releases: Folder beneath which releases may be switched to; None where none may.
    """
    routes = _ReleaseRoutes(current, Path(releases) if releases else None)
    app.add_api_route("/release", routes.manifest, methods=["GET"])
    app.add_api_route("/release", routes.switch, methods=["POST"], openapi_extra=openapi(SwitchRequest))


@dataclass(frozen=True, slots=True)
class _IndexRoutes:
    current: "Current"
    encode: Encode
    limits: Limits

    async def facts(self) -> dict[str, Any]:
        """What can be found in the index, and what was changed in it."""
        return await asyncio.to_thread(self._facts)

    def _facts(self) -> dict[str, Any]:
        served, journal = self.current.release, self.current.journal
        collection = served.collection
        return {
            **served.digests,
            "images": collection.images,
            "sealed": collection.sealed,
            "added": collection.added,
            "hidden": collection.hidden,
            "of_other_encoders": journal.of_other_encoders(collection.encoder) if journal else {},
            "columns": collection.columns,
            "journal": journal is not None,
            "most_entries": journal.most_entries if journal else 0,
        }

    async def labels(self) -> dict[str, Any]:
        """The labels in the index, the most frequent ones first."""
        served = self.current.release
        counts = await asyncio.to_thread(served.collection.labels)
        most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_LABELS]
        labels = [{"label": label, "images": images} for label, images in most]
        return {**served.digests, "labels": labels, "of": len(counts)}

    async def add(self, request: Request) -> dict[str, Any]:
        """Adds entries, in place of those of the same ids; answers once they are on the disk and can be found."""
        journal, served = self._journal(), self.current.release
        asked = await asyncio.to_thread(read, AddRequest, await request.body())
        self._check_size(asked.entries)
        entries, vectors = await self._encoded(served, asked)
        ids = [entry.id for entry in entries]
        replaced = len(await asyncio.to_thread(served.collection.found_among, set(ids)))
        await self._done(journal, Addition(served.collection.encoder, entries, vectors))
        return {**served.digests, "ids": ids, "added": len(set(ids)) - replaced, "replaced": replaced}

    async def remove(self, request: Request) -> dict[str, Any]:
        """Takes entries out; answers once that is on the disk and they cannot be found any more."""
        journal, served = self._journal(), self.current.release
        asked = await asyncio.to_thread(read, RemoveRequest, await request.body())
        if asked.ids is None:
            return await self._forget(served, journal, str(asked.encoder))
        ids = tuple(dict.fromkeys(asked.ids))
        hidden = await asyncio.to_thread(served.collection.sealed_among, set(ids))
        done = await self._done(journal, Removal(ids, tuple(sorted(hidden))))
        removed = set(done.ids) if isinstance(done, Removal) else set()
        return {**served.digests, "removed": len(removed), "unknown": [id_ for id_ in ids if id_ not in removed]}

    async def _forget(self, served: "Served", journal: Journal, encoder: str) -> dict[str, Any]:
        if encoder == served.collection.encoder:
            raise UserError("the entries of the encoder in service are removed by their ids; send ids")
        count = journal.of_other_encoders(served.collection.encoder).get(encoder, 0)
        await self._done(journal, Forgetting(encoder))
        return {**served.digests, "removed": count, "unknown": []}

    async def _done(self, journal: Journal, change: Change) -> Change | None:
        done = await asyncio.wrap_future(journal.commit(change))
        metrics.indexed(self.current.release.collection.images)
        return done

    def _journal(self) -> Journal:
        if self.current.journal is None:
            raise NotAllowed("the index of this server cannot be changed; start it with --journal FOLDER")
        return self.current.journal

    def _check_size(self, entries: Sequence[EntryRequest]) -> None:
        if len(entries) > self.limits.images:
            raise TooManyImages(
                f"the request holds {len(entries):,} entries but the server takes {self.limits.images:,} at once; "
                "send them in several requests"
            )

    async def _encoded(self, served: "Served", asked: AddRequest) -> tuple[tuple[Entry, ...], Vectors]:
        """The entries and their vectors, of images and embeddings in any mixture."""
        numbered = list(enumerate(asked.entries))
        embeddings = [entry.embedding for entry in asked.entries if entry.embedding is not None]
        images = await asyncio.to_thread(
            lambda: {number: from_base64(entry.b64, number + 1) for number, entry in numbered if entry.b64 is not None}
        )
        vectors = np.empty((len(numbered), served.collection.dimension), np.float32)
        if embeddings:
            own = matrix(embeddings)
            check_embeddings(own, served.release.manifest.encoder, asked.encoder)
            vectors[[number for number, _ in numbered if number not in images]] = own
        if images:
            vectors[list(images)] = await self.encode(served.release, list(images.values()))
        return tuple(_entry(entry, images.get(number)) for number, entry in numbered), vectors


def _entry(asked: EntryRequest, image: bytes | None) -> Entry:
    own = hashlib.sha256(image).hexdigest() if image is not None else ""
    return Entry(asked.id or own, asked.uri, asked.label, asked.columns)


@dataclass(frozen=True, slots=True)
class _ReleaseRoutes:
    current: "Current"
    releases: Path | None

    async def manifest(self) -> Manifest:
        """The manifest of the release in service."""
        return self.current.release.release.manifest

    async def switch(self, request: Request) -> dict[str, Any]:
        """Loads another release beside the one in service and puts it in its place."""
        folder = self._folder(read(SwitchRequest, await request.body()).folder)
        before = self.current.release
        try:
            served = await asyncio.to_thread(self.current.switch, folder)
        except UserError:
            raise
        except LookalikeError as error:
            raise Damaged(f"{error}; the release in service stays") from error
        return {**served.digests, "name": served.release.manifest.name, "previous": before.digests["release"]}

    def _folder(self, name: str) -> Path:
        if self.releases is None:
            raise NotAllowed("the release of this server cannot be switched; start it with --releases FOLDER")
        # One sentence for all: what lies elsewhere is nobody's business.
        missing = NotFound("there is no such folder beneath the server's --releases; name one that is there")
        try:
            root = self.releases.resolve()
            folder = (root / name).resolve()
            if root in folder.parents and folder.is_dir():
                return folder
        except (OSError, ValueError, RuntimeError) as error:  # a zero byte, a circle of links, a name that is too long
            raise missing from error
        raise missing
