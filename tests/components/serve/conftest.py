"""Servers that really serve a tiny release."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pytest
from tiny_release import pictures, pixels, release_folder

from lookalike_components.release.runtime import Release

__all__ = ["pictures", "pixels", "release_folder"]

sys.path.append(str(Path(__file__).parent))  # the other process finds grpc_client there


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return Release.open(release_folder)


@dataclass(frozen=True)
class Served:
    """A server under way."""

    http: str
    grpc: str
    process: subprocess.Popen[bytes]
    log: Path

    def post(self, path: str, **body: object) -> httpx.Response:
        return httpx.post(f"http://{self.http}{path}", **body)  # type: ignore[arg-type]

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://{self.http}/v2/models/search/ready").is_success
        except httpx.TransportError:
            return False

    def is_over(self) -> bool:
        try:
            return self.process.wait(timeout=0.05) is not None
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


Start = Callable[..., Served]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers, with further options of the command line; those still there at the end are stopped."""
    servers: list[Served] = []

    def start(folder: Path, *options: str) -> Served:
        http, grpc, log = free_port(), free_port(), tmp_path_factory.mktemp("server") / "log.txt"
        ports = ["--http-port", str(http), "--grpc-port", str(grpc)]
        command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(folder), *ports, *options]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        servers.append(Served(f"127.0.0.1:{http}", f"127.0.0.1:{grpc}", process, log))
        while not servers[-1].answers():
            assert not servers[-1].is_over(), log.read_text()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(start: Start, release_folder: Path) -> Served:
    """The one server that most tests ask."""
    return start(release_folder)


@pytest.fixture(scope="session")
def other_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def grpc(server: Served, other_process: ProcessPoolExecutor) -> Callable[..., Any]:
    """Calls a function of `grpc_client` with the server's address."""
    return lambda function, *arguments: other_process.submit(function, server.grpc, *arguments).result(timeout=60)
