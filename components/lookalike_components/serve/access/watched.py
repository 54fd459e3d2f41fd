"""Files that somebody exchanges while the server runs, as Kubernetes does with a mounted secret."""

import os
from collections.abc import Sequence

State = tuple[tuple[int, int, int], ...]


def state_of(paths: Sequence[str | os.PathLike[str]]) -> State:
    """What changes when one of the files does; links are followed, as a mounted secret is a link to a link.

    Raises:
        OSError: One of them is not there.
    """
    found = [os.stat(path) for path in paths]  # noqa: PTH116 (on every request: a Path would cost more than the call)
    return tuple((status.st_ino, status.st_mtime_ns, status.st_size) for status in found)
