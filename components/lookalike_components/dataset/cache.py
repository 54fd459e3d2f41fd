"""Shards from a bucket, kept on this machine's disk up to a bound."""

import os
from pathlib import Path

from lookalike_components.storage import read_bytes, write_bytes

MOST_BYTES = 20 * 2**30


def folder() -> Path:
    """Where shards are kept: ``$LOOKALIKE_CACHE/shards``, else ``~/.cache/lookalike/shards``."""
    return Path(os.environ.get("LOOKALIKE_CACHE") or Path.home() / ".cache" / "lookalike") / "shards"


def cached(shard: str, most_bytes: int = MOST_BYTES) -> Path:
    """Brings a shard to the cache unless it is there; those used longest ago make room.

    A shard's name is the digest of its content, so what lies there under the same name is the same.
    """
    path = folder() / shard.rpartition("/")[2]
    if path.exists():
        path.touch()
    else:
        write_bytes(path, read_bytes(shard))
        _make_room(path, most_bytes)
    return path


def _make_room(newest: Path, most_bytes: int) -> None:
    """Removes files until the rest fit; a file that is still mapped lives until it is let go."""
    oldest_first = sorted(folder().glob("*.tar"), key=lambda path: path.stat().st_mtime)
    excess = sum(path.stat().st_size for path in oldest_first) - most_bytes
    for path in oldest_first:
        if excess <= 0 or path == newest:
            break
        excess -= path.stat().st_size
        path.unlink(missing_ok=True)
