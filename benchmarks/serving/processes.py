"""Processes on cores of their own: servers that are waited for, and commands whose JSON is read."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil

from lookalike_components.encoder.process import ENVIRONMENT

HERE = Path(__file__).resolve().parents[1]
LONGEST_START = 300.0
LONGEST_END = 40.0
MIB = 2**20


@dataclass(frozen=True)
class Cores:
    """Which cores the contestants get, and which one asks them."""

    servers: frozenset[int]
    asking: frozenset[int]

    @classmethod
    def divided(cls, servers: Collection[int] | None = None) -> "Cores":
        """The last core asks, and the others serve, where nothing else is wanted; on one core both share it."""
        available = sorted(os.sched_getaffinity(0))
        asking = available[-1:]
        return cls(frozenset(servers or available[:-1] or asking), frozenset(asking))


class Server:
    """A server under way."""

    def __init__(self, command: Sequence[str], ready: str, cores: Cores) -> None:
        """Starts it and waits until it is ready.

        Args:
            command: What to start, with ``{port}`` and ``{grpc_port}`` to be filled in.
            ready: Path that answers 200 as soon as requests are.
            cores: Where it runs.
        """
        self.port, self.grpc_port = free_port(), free_port()
        filled = [part.format(port=self.port, grpc_port=self.grpc_port) for part in command]
        self._log = TemporaryFile()  # noqa: SIM115 (lives as long as the server)
        started = time.perf_counter()
        self._process = subprocess.Popen(
            filled,
            cwd=HERE,
            env=environment(cores.servers),
            stdout=self._log,
            stderr=self._log,
            preexec_fn=lambda: os.sched_setaffinity(0, cores.servers),
        )
        while not self._answers(ready):
            if self._process.poll() is not None or time.perf_counter() - started > LONGEST_START:
                self.stop()
                sys.exit(f"{' '.join(filled)} did not start:\n{self.log()[-4000:]}")
            time.sleep(0.01)
        self.seconds_to_ready = time.perf_counter() - started

    def _answers(self, path: str) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def answer(self, request: bytes) -> bytes:
        """The body of its answer to a request as it goes over the wire."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_START) as connection:
            connection.sendall(request)
            response = HTTPResponse(connection)
            response.begin()
            return response.read()

    def log(self) -> str:
        """What it wrote."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def resident(self) -> float:
        """MiB of memory that it and its children hold."""
        process = psutil.Process(self._process.pid)
        return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / MIB

    def stop(self) -> None:
        """Ends it, and its children with it."""
        if self._process.poll() is None:
            family = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
            self._process.send_signal(signal.SIGINT)
            _, alive = psutil.wait_procs(family, timeout=LONGEST_END)
            for process in alive:
                process.kill()
        self._process.wait()


@contextmanager
def serving(command: Sequence[str], ready: str, cores: Cores) -> Iterator[Server]:
    """A server that is stopped in the end."""
    server = Server(command, ready, cores)
    try:
        yield server
    finally:
        server.stop()


def told(command: Sequence[str], cores: frozenset[int]) -> Any:
    """Runs a command on these cores and reads the JSON in the last line that it prints."""
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment(cores),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} broke off:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def environment(cores: frozenset[int]) -> dict[str, str]:
    """The same for every contestant: lookalike's settings of the allocator, and a thread for every core."""
    return {**os.environ, **ENVIRONMENT, "OMP_NUM_THREADS": str(len(cores))}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
