"""Reading files that grow."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

SECONDS_BETWEEN_LOOKS = 0.1


def lines(path: Path) -> Iterator[str]:
    """The whole lines of a file; a file that is not there yet has none."""
    yield from _Tail(path).take()


def follow(path: Path, ended: Callable[[], bool]) -> Iterator[str]:
    """Passes the lines of a growing file on as they come, until ``ended`` says that no more will."""
    tail = _Tail(path)
    while not ended():
        yield from tail.take()
        time.sleep(SECONDS_BETWEEN_LOOKS)
    yield from tail.take()


def objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The JSON object of each line; a line that a full disk or a kill cut is passed over."""
    for line in lines:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


class _Tail:
    """Remembers how far a file has been read; keeps a line back until its end is there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0

    def take(self) -> list[str]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.offset += len(whole) + len(newline)
        return whole.decode("utf-8", errors="replace").split("\n") if newline else []
