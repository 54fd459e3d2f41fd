"""Objects from and to files: large ones in parallel pieces, many at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from google.cloud.storage import transfer_manager
from google.cloud.storage.transfer_manager import THREAD

from lookalike_components.errors import UserError
from lookalike_components.storage.bucket import checksums
from lookalike_components.storage.bucket.connection import PATIENCE, WORKERS, blob, explained, split
from lookalike_components.storage.bucket.objects import list_blobs
from lookalike_components.storage.bucket.uploads import PIECE_BYTES, create, of_file, put
from lookalike_components.storage.file_facts import FileFacts
from lookalike_components.storage.uris import join

LARGE = 32 * 2**20  # from this length on an object comes in pieces, side by side
PIECE_OF_LARGE = 8 * 2**20
AT_ONCE = 4 * WORKERS

Item = TypeVar("Item")


def create_file(uri: str, path: Path) -> bool:
    """Uploads a file unless there is such an object; above 8 MiB in pieces, each of them repeatable."""
    return create(uri, of_file(path))


def upload(uri: str, path: Path) -> None:
    """Uploads a file in place of any other object of this name."""
    put(uri, of_file(path))


def download(uri: str, path: Path) -> None:
    """Brings a whole object to a file."""
    with explained(uri):
        checksums.until_whole(lambda: _download(blob(uri), path))


def _download(found: Any, path: Path) -> None:
    found.reload(**PATIENCE)
    how = {"if_generation_match": found.generation, **PATIENCE}
    if found.size >= LARGE and found.content_encoding != "gzip":
        transfer_manager.download_chunks_concurrently(
            found,
            str(path),
            chunk_size=PIECE_OF_LARGE,
            download_kwargs=how,
            worker_type=THREAD,
            max_workers=WORKERS,
            crc32c_checksum=False,  # the whole file's is compared below
        )
    else:
        with path.open("wb") as file:
            found.download_to_file(file, checksum="crc32c", **how)
    checksums.compare(found, checksums.of_file(path))


def upload_folder(uri: str, files: Sequence[tuple[FileFacts, str]]) -> None:
    """Uploads files, given with their names below the prefix, in place of whatever is there."""
    pairs = [(facts.uri, blob(join(uri, name), chunk_size=PIECE_BYTES)) for facts, name in files]
    for some in _portions(pairs):
        with explained(uri):
            transfer_manager.upload_many(
                some, upload_kwargs={"checksum": "crc32c", **PATIENCE}, worker_type=THREAD, max_workers=WORKERS
            )
        for path, found in some:
            _put_unless_whole(path, found)


def _put_unless_whole(path: str, found: Any) -> None:
    """Sends again what did not arrive; the second failure is the one that is told."""
    content = of_file(path)
    if found.generation is None or not checksums.agrees(found, content.checksum):
        put(_uri(found), content)


def download_folder(uri: str, folder: Path) -> None:
    """Brings every object below a prefix into a folder that is there."""
    found = list(list_blobs(uri))
    if not found:
        raise UserError(f"{uri} does not exist")
    pairs = [(one, _target(one, _prefix(uri), folder)) for one in found]
    for target in {target.parent for _, target in pairs}:
        target.mkdir(parents=True, exist_ok=True)
    for some in _portions([(one, str(target)) for one, target in pairs if one.size < LARGE]):
        with explained(uri):
            transfer_manager.download_many(
                some, download_kwargs={"checksum": "crc32c", **PATIENCE}, worker_type=THREAD, max_workers=WORKERS
            )
    for one, target in pairs:
        if not target.exists() or not checksums.agrees(one, checksums.of_file(target)):
            download(_uri(one), target)


def _target(found: Any, prefix: str, folder: Path) -> Path:
    """Where an object goes; its name must not lead out of the folder."""
    name = str(found.name)[len(prefix) :]
    if {"", ".", ".."} & set(name.split("/")):
        raise UserError(f"{_uri(found)} cannot be a file on this machine; rename the object")
    return folder / name


def _prefix(uri: str) -> str:
    key = split(uri)[1].rstrip("/")
    return f"{key}/" if key else ""


def _uri(found: Any) -> str:
    return f"gs://{found.bucket.name}/{found.name}"


def _portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """A few first, then more; the outcome is looked at after each, so that a lost connection ends the transfer."""
    yield items[:WORKERS]
    for first in range(WORKERS, len(items), AT_ONCE):
        yield items[first : first + AT_ONCE]
