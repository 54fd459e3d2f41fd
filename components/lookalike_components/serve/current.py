"""The release in service, and how another one takes its place without a request noticing."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from lookalike_components.errors import LookalikeError
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtime import Release
from lookalike_components.release.thumbnails import THUMBNAILS
from lookalike_components.serve.collection import Collection, Journal
from lookalike_components.serve.observability import metrics
from lookalike_components.serve.observability.logs import life
from lookalike_components.serve.refusals import Refused

Opener = Callable[[Path], Release]


class Loading(Refused):
    """Another release is being loaded already."""

    status = 409
    code = "ABORTED"
    reason = "busy"


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """One release, as requests use it; it lives until the last of them is done."""

    folder: Path
    release: Release
    collection: Collection

    @property
    def digests(self) -> dict[str, str]:
        """What every answer names: the digests of the release and of its encoder."""
        manifest = self.release.manifest
        return {"release": manifest.digest, "encoder": manifest.encoder.digest}

    @property
    def has_thumbnails(self) -> bool:
        """Whether the release was exported with small pictures: only then are some kept of entries that are added."""
        return THUMBNAILS in self.release.manifest.files


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of what can be found."""

    webp: bytes
    is_sealed: bool
    """Whether the release holds it: then it stays the same as long as the release is in service."""


class Current:
    """Which release is in service."""

    def __init__(self, folder: str | Path, open_release: Opener = Release.open, journal: Journal | None = None) -> None:
        """Loads the release to begin with.

        Args:
            folder: The sealed release, or a symlink to it.
            open_release: Opens a folder as the server was told to: which runtime, how many threads.
            journal: What was added to indexes and taken out of them; None where they cannot be changed.

        Raises:
            UserError: The folder holds no release.
            LookalikeError: The release is damaged.
        """
        self.journal = journal
        self._folder = Path(folder)
        self._open_release = open_release
        self._loading = Lock()
        self._served = self._in_service(self._load(self._folder))

    @property
    def release(self) -> Served:
        """The release in service; a request reads it once and uses that object to its end."""
        return self._served

    def thumbnail(self, image_id: str) -> Thumbnail | None:
        """Reads a small picture from the disk; None where there is none of it, or it cannot be found any more."""
        served, journal = self._served, self.journal
        if not served.has_thumbnails:
            return None
        if journal and journal.overrides(encoder := served.collection.encoder, image_id):
            webp, is_sealed = journal.thumbnail(encoder, image_id), False
        else:
            webp, is_sealed = served.release.thumbnail(image_id), True
        return None if webp is None else Thumbnail(webp, is_sealed)

    def switch(self, folder: str | Path) -> Served:
        """Loads a release beside the one in service, and puts it in its place once it has encoded something.

        Takes seconds, and memory for both. The release in service stays where anything goes wrong. One that is in
        service already is not loaded again.

        Args:
            folder: The sealed release, or a symlink to it.

        Raises:
            Loading: Another release is being loaded.
            UserError: The folder holds no release.
            LookalikeError: The release is damaged.
        """
        if not self._loading.acquire(blocking=False):
            raise Loading("another release is being loaded; wait until it is in service and try again")
        try:
            if Manifest.read(folder).digest != self._served.release.manifest.digest:
                self._served = self._in_service(self._load(Path(folder)))
            return self._served
        finally:
            self._loading.release()

    def reopen(self) -> Served:
        """Switches to what the folder of the beginning holds now; see `switch`."""
        return self.switch(self._folder)

    def close(self) -> None:
        """Lets go of the journal, once everything that waits is written."""
        if self.journal:
            self.journal.close()

    def _load(self, folder: Path) -> Served:
        # A symlink that moves on while files are read would mix two releases.
        folder = folder.resolve()
        release = self._open_release(folder)
        collection = Collection(release)
        if self.journal:
            self.journal.attach(collection)
        size = release.manifest.encoder.input_size
        release.encode_pixels(np.zeros((1, size, size, 3), np.uint8))  # what is computed first takes longer
        return Served(folder, release, collection)

    def _in_service(self, served: Served) -> Served:
        manifest = served.release.manifest
        metrics.served_release(manifest.digest, manifest.encoder.digest, served.collection.images, manifest.threshold)
        return served


def reopen_on_hangup(current: Current) -> None:
    """Has SIGHUP open the server's release again, in the running event loop; what came of it is said in the log."""
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def reopen() -> None:
        task = loop.create_task(_reopened(current))
        tasks.add(task)  # the loop alone would let it be collected
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, reopen)


async def _reopened(current: Current) -> None:
    try:
        served = await asyncio.to_thread(current.reopen)
    except LookalikeError as error:
        life.error("the release in service stays: %s", error)
    else:
        life.info("serving release %s", served.release.manifest.digest[:12])
