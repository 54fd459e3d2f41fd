"""Servers of a tiny release, to be treated badly; and a count of how often they were."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_release import pictures, pixels, release_folder

sys.path.append(str(Path(__file__).parent))

from server_process import Server, start

__all__ = ["pictures", "pixels", "release_folder"]

Start = Callable[..., Server]


@pytest.fixture
def launch(tmp_path: Path, release_folder: Path) -> Iterator[Start]:
    """Starts servers with options of the test's own; those still there at the end are stopped."""
    servers: list[Server] = []

    def launch(*options: str, release: Path = release_folder, file_bytes: int = 0) -> Server:
        servers.append(start(release, tmp_path / "server.log", *options, file_bytes=file_bytes))
        return servers[-1]

    yield launch
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, release_folder: Path) -> Iterator[Server]:
    """One server for the whole file, with a journal; in the end it is as well as in the beginning."""
    folder = tmp_path_factory.mktemp("server")
    server = start(release_folder, folder / "server.log", "--journal", str(folder / "journal"))
    yield server
    assert server.is_ready()
    assert server.faults_in_log() == []
    assert server.stop() == 0


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Counter[str]]:
    """Counts answers by status, for the summary at the end."""
    counts: Counter[str] = Counter()
    yield counts
    record_property("answers", dict(counts))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells how many requests were sent, what they were answered, and what memory did meanwhile."""
    total: Counter[str] = Counter()
    for report in terminalreporter.stats.get("", []):  # those of fixtures' ends, where the counts are complete
        facts = dict(report.user_properties) if report.when == "teardown" else {}
        total.update(facts.get("answers", {}))
        if "resident" in facts:
            terminalreporter.write_line(f"{report.nodeid}: {facts['resident']}")
    if total:
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(total.items()))
        terminalreporter.write_line(f"{sum(total.values()):,} requests of the fault tests were answered: {told}")
