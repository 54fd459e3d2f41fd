"""HTTP routes that tell of an index and change it: ``/index``."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import Depends, FastAPI, Request

from lookalike_components.errors import UserError
from lookalike_components.release.runtime import Release
from lookalike_components.serve.access.origin import from_here
from lookalike_components.serve.collection.changes import Addition, Change, Entry, Forgetting, Removal, Vectors
from lookalike_components.serve.collection.embeddings import check_embeddings
from lookalike_components.serve.collection.journal import Journal
from lookalike_components.serve.collection.requests import (
    AddRequest,
    EntryRequest,
    RemoveRequest,
    matrix,
    openapi,
    read,
)
from lookalike_components.serve.collection.thumbnails import thumbnails_of
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.observability import metrics
from lookalike_components.serve.protocol.query import from_base64
from lookalike_components.serve.refusals import NotAllowed, TooManyImages

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
    changes: dict[str, Any] = {"methods": ["POST"], "dependencies": [Depends(from_here)]}
    app.add_api_route("/index", routes.add, openapi_extra=openapi(AddRequest), **changes)
    app.add_api_route("/index/remove", routes.remove, openapi_extra=openapi(RemoveRequest), **changes)


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
        images = await asyncio.to_thread(_images, asked.entries)
        vectors = await self._encoded(served, asked, images)
        thumbnails = await _thumbnails(served, images)
        entries = tuple(_entry(*pair) for pair in zip(asked.entries, images, strict=True))
        ids = [entry.id for entry in entries]
        replaced = len(await asyncio.to_thread(served.collection.found_among, set(ids)))
        await self._done(journal, Addition(served.collection.encoder, entries, vectors, thumbnails))
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
        # A change that is late before the disk has begun with it is not made.
        done = await Deadline.current().within(asyncio.wrap_future(journal.commit(change)))
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

    async def _encoded(self, served: "Served", asked: AddRequest, images: list[bytes | None]) -> Vectors:
        """The vectors of images and embeddings in any mixture."""
        embeddings = [entry.embedding for entry in asked.entries if entry.embedding is not None]
        files = [image for image in images if image is not None]
        is_file = np.array([image is not None for image in images])
        vectors = np.empty((len(images), served.collection.dimension), np.float32)
        if embeddings:
            own = matrix(embeddings)
            check_embeddings(own, served.release.manifest.encoder, asked.encoder)
            vectors[~is_file] = own
        if files:
            vectors[is_file] = await self.encode(served.release, files)
        return vectors


def _images(entries: Sequence[EntryRequest]) -> list[bytes | None]:
    """The image file of each entry; None where it has an embedding."""
    numbered = enumerate(entries, start=1)
    return [from_base64(entry.b64, number) if entry.b64 is not None else None for number, entry in numbered]


async def _thumbnails(served: "Served", images: list[bytes | None]) -> tuple[bytes, ...]:
    """Thumbnails of entries, where the release has some of its own."""
    if not served.has_thumbnails or not any(images):
        return ()
    return await asyncio.to_thread(thumbnails_of, images, Deadline.current())


def _entry(asked: EntryRequest, image: bytes | None) -> Entry:
    own = hashlib.sha256(image).hexdigest() if image is not None else ""
    return Entry(asked.id or own, asked.uri, asked.label, asked.columns)
