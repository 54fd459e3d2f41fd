"""What grows on this machine, brought to a bucket while it grows, so that others can look on."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lookalike_components import storage
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say

SECONDS_BETWEEN_LOOKS = 10.0


@contextmanager
def mirrored(addresses: Mapping[Path, str], seconds: float = SECONDS_BETWEEN_LOOKS) -> Iterator[None]:
    """While the block runs, brings files and folders that have changed to their addresses, and once more at its end.

    An address on this machine is left to whoever wrote it. A bucket that cannot be reached is told of, once; the block
    does not suffer.

    Args:
        addresses: URI of each file or folder.
        seconds: Time between two looks.
    """
    mirror = _Mirror({path: uri for path, uri in addresses.items() if storage.local_path(uri) is None})
    over = threading.Event()
    thread = threading.Thread(target=mirror.follow, args=[over, seconds], daemon=True)
    if mirror.addresses:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if mirror.addresses:
            thread.join()


class _Mirror:
    """Remembers what it has brought."""

    def __init__(self, addresses: Mapping[Path, str]) -> None:
        self.addresses = addresses
        self._brought: dict[Path, str] = {}
        self._told = False

    def follow(self, over: threading.Event, seconds: float) -> None:
        while not over.wait(seconds):
            self._bring_what_changed()
        self._bring_what_changed()

    def _bring_what_changed(self) -> None:
        try:
            for path, uri in self.addresses.items():
                for file in _files(path):
                    self._bring(
                        Path(file.uri), uri if path.is_file() else _below(path, Path(file.uri), uri), file.version
                    )
        except LookalikeError as error:
            if not self._told:
                say(f"{error} (training goes on; what it writes is brought at the end)")
            self._told = True

    def _bring(self, path: Path, uri: str, version: str) -> None:
        if self._brought.get(path) != version:
            storage.upload(path, uri)
            self._brought[path] = version


def _files(path: Path) -> list[storage.FileFacts]:
    if path.is_dir():
        return list(storage.list_files(path))
    return [storage.facts(path)] if path.exists() else []


def _below(folder: Path, file: Path, uri: str) -> str:
    return storage.join(uri, *file.relative_to(folder).parts)
