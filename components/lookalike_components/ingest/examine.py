"""Reads one file and says what came of it; called from many threads at once."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore
from typing import NamedTuple

from lookalike_components.dataset import Entry, now
from lookalike_components.errors import UserError
from lookalike_components.ingest.plan import File
from lookalike_components.ingest.sources import Content
from lookalike_components.pixels import BrokenImage, inspect
from lookalike_components.storage import local_path

Read = Callable[[str, str], Content | None]

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_DECODERS = BoundedSemaphore(CORES)  # the rest of the threads wait for a disk or a network


class Examined(NamedTuple):
    """What came of one file.

    Attributes:
        entry: What to remember; of a file that could not be read, only for the time of the run. None where the file is
            what it was.
        data: The bytes of an accepted image; empty for any other.
    """

    entry: Entry | None
    data: bytes = b""


UNCHANGED = Examined(None)


def examine(file: File, read: Read) -> Examined:
    """Reads a file, and checks it unless its bytes are known.

    Raises:
        LookalikeError: The place that holds the file is out of reach.
    """
    try:
        content = read(file.uri, file.unless)
    except UserError as error:  # missing, too large, of a scheme that cannot be read: the others may be fine
        return Examined(Entry(file.uri, "", reason=reason(error, file.uri), examined=now()))
    return _judged(file, content) if content else UNCHANGED


def reason(error: UserError, uri: str) -> str:
    """The error's sentence without the file that it is about, under either of its names."""
    with suppress(UserError):
        return str(error).removeprefix(uri).removeprefix(str(local_path(uri))).strip()
    return str(error).removeprefix(uri).strip()


def _judged(file: File, content: Content) -> Examined:
    version, data = file.version or content.version, content.data
    image_id = hashlib.sha256(data).hexdigest()
    if file.known and file.known.image_id == image_id:
        return Examined(file.known._replace(version=version, examined=now()), data)
    try:
        with _DECODERS:
            facts = inspect(data)
    except BrokenImage as error:
        return Examined(Entry(file.uri, version, nbytes=len(data), reason=str(error), examined=now()))
    told = (image_id, facts.format, facts.width, facts.height, facts.perceptual_hash, len(data))
    return Examined(Entry(file.uri, version, *told, examined=now()), data)
