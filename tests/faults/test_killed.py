"""kill -9 at any moment: whatever was acknowledged is there again, and nothing that was taken out comes back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest
from malformed import b64
from server_process import Server

ROUNDS = 4
WRITERS = 6
ENTRIES = 25
"""Acknowledged in each round before the server is killed."""


class Writer:
    """A client that adds entries, and takes out every third, for as long as the server answers."""

    def __init__(self, server: Server, name: str, picture: bytes, enough: threading.Semaphore) -> None:
        self._server, self._name, self._picture, self._enough = server, name, picture, enough
        self.kept: set[str] = set()
        self.gone: set[str] = set()
        self.doubtful: set[str] = set()
        """Those whose change was under way when the server died: either is right."""

    def write(self) -> None:
        try:
            for number in range(10_000):
                self._change(number)
                self._enough.release()
        except (OSError, HTTPException):
            return

    def _change(self, number: int) -> None:
        entry = f"{self._name}-{number}"
        self.doubtful = {entry}
        added = self._server.post("/index", {"entries": [{"id": entry, "b64": b64(self._picture)}]})
        assert added.status == 200, added.body
        self.kept, self.doubtful = self.kept | {entry}, set()
        if number % 3 == 2:
            self._take_out(entry)

    def _take_out(self, entry: str) -> None:
        self.kept, self.doubtful = self.kept - {entry}, {entry}
        assert self._server.post("/index/remove", {"ids": [entry]}).status == 200
        self.gone, self.doubtful = self.gone | {entry}, set()


def written_until_killed(server: Server, number: int, pictures: list[bytes]) -> list[Writer]:
    """Several clients write; the server is killed among their requests."""
    enough = threading.Semaphore(0)
    writers = [Writer(server, f"{number}-{one}", pictures[one % len(pictures)], enough) for one in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as executor:
        under_way = [executor.submit(writer.write) for writer in writers]
        for _ in range(ENTRIES):
            assert enough.acquire(timeout=60)
        server.kill()
    for client in under_way:
        client.result()
    return writers


@pytest.mark.slow
def test_no_acknowledged_entry_is_lost_over_several_deaths(tmp_path, launch, pictures):
    journal = tmp_path / "journal"
    kept: set[str] = set()
    gone: set[str] = set()
    for number in range(ROUNDS):
        writers = written_until_killed(launch("--journal", str(journal)), number, pictures)
        kept |= {entry for writer in writers for entry in writer.kept}
        gone |= {entry for writer in writers for entry in writer.gone}
    there = launch("--journal", str(journal)).found(pictures[0])
    assert kept <= there
    assert not gone & there


def cuts(journal: Path) -> Iterator[bytes]:
    """The journal as a crash may leave it: with a beginning of a record behind its last whole one."""
    whole = max((path for path in journal.iterdir() if path.is_file()), key=lambda path: path.stat().st_size)
    data = whole.read_bytes()
    for length in (1, 7, 11, 40):
        yield data + data[:length]


def test_the_beginning_of_a_record_at_the_end_is_cut_away(tmp_path, launch, pictures):
    journal = tmp_path / "journal"
    server = launch("--journal", str(journal))
    for number in range(5):
        assert server.post("/index", {"entries": [{"id": f"e{number}", "b64": b64(pictures[0])}]}).status == 200
    server.kill()
    for data in cuts(journal):
        (journal / "entries.journal").write_bytes(data)
        again = launch("--journal", str(journal))
        assert {f"e{number}" for number in range(5)} <= again.found(pictures[0])
        again.stop()
