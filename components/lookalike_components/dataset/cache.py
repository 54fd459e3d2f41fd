"""Shards from a bucket, kept on this machine's disk up to a bound, for every process on it.

Two settings come from the environment: ``LOOKALIKE_CACHE`` is the folder (``~/.cache/lookalike`` where it is not set),
``LOOKALIKE_CACHE_BYTES`` the bound (20 GiB).
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from lookalike_components.errors import UserError
from lookalike_components.storage import download, facts

BYTES_WHERE_NOT_SET = 20 * 2**30
WHOLE_FROM = 0.25  # share of a shard's bytes from which on it is brought here whole
LOCKS = 256  # files that all shards share, so that they do not pile up
NAMED_BY_CONTENT = re.compile(r"[0-9a-f]{64}\.tar")
DOWNLOADING = re.compile(r"\.(?P<name>[0-9a-f]{64}\.tar)\..+")  # what a killed process leaves behind


def folder() -> Path:
    """Where shards are kept."""
    return Path(os.environ.get("LOOKALIKE_CACHE") or Path.home() / ".cache" / "lookalike") / "shards"


def most_bytes() -> int:
    """How much may be kept.

    Raises:
        UserError: ``LOOKALIKE_CACHE_BYTES`` is no number.
    """
    told = os.environ.get("LOOKALIKE_CACHE_BYTES") or str(BYTES_WHERE_NOT_SET)
    if not told.isdecimal():
        raise UserError(f"LOOKALIKE_CACHE_BYTES is {told}; set it to a number of bytes")
    return int(told)


def holds(shard: str) -> bool:
    """Whether a shard lies here whole."""
    return (folder() / _name(shard)).exists()


def is_worth_it(shard: str, nbytes: int) -> bool:
    """Whether to read ``nbytes`` bytes of a shard through the cache, or each piece by itself."""
    return holds(shard) or nbytes >= WHOLE_FROM * facts(shard).nbytes


def mapped(shard: str) -> NDArray[np.uint8]:
    """Maps a shard in a bucket into memory, and brings it here first unless it is here.

    Processes that want the same shard wait for the one that fetches it. Shards used longest ago make room; what is
    mapped can still be read when it is removed from the cache.

    Raises:
        UserError: There is no such shard.
        LookalikeError: It cannot be fetched, or the disk is full.
    """
    path = folder() / _name(shard)
    with _locked(path.name):
        if path.exists():
            path.touch()
        else:
            _make_room(facts(shard).nbytes)
            download(shard, path)
        return np.memmap(path, np.uint8, mode="r")


def _name(shard: str) -> str:
    """Under one name lies one content: the digest of it, or for a shard of other people that of its version."""
    name = shard.rpartition("/")[2]
    if NAMED_BY_CONTENT.fullmatch(name):
        return name
    return f"{hashlib.sha256(f'{shard} {facts(shard).version}'.encode()).hexdigest()}.tar"


def _make_room(nbytes: int) -> None:
    """Removes what was used longest ago until ``nbytes`` more fit; leaves what a process is fetching or mapping."""
    kept = sorted(_kept())
    excess = sum(size for _, size, _ in kept) + nbytes - most_bytes()
    for _, size, path in kept:
        if excess <= 0:
            break
        excess -= size if _removed(path) else 0


def _kept() -> Iterator[tuple[int, int, Path]]:
    """Time of the last use, size and path of each file; another process may remove some at the same time."""
    for path in folder().glob("*.*"):
        with suppress(FileNotFoundError):
            yield path.stat().st_mtime_ns, path.stat().st_size, path


def _removed(path: Path) -> bool:
    downloading = DOWNLOADING.fullmatch(path.name)
    try:
        with _locked(downloading["name"] if downloading else path.name, timeout=0):
            path.unlink(missing_ok=True)
    except Timeout:
        return False
    return True


@contextmanager
def _locked(name: str, timeout: float = -1) -> Iterator[None]:
    """Holds the lock of a shard, which it shares with a few others."""
    locks = folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{int(name[:16], 16) % LOCKS:03}", timeout=timeout):
        yield
