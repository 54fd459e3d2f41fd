"""A server in a process of its own, and what the system knows of it."""

import base64
import json
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

MIB = 2**20
LONGEST_WAIT = 180.0


@dataclass(frozen=True)
class Answer:
    """What came back: gRPC's statuses are told apart from HTTP's by their range."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def sentence(self) -> str:
        """The refusal, as every protocol of HTTP tells it."""
        return str(json.loads(self.body)["error"])


class Server:
    """A server under way."""

    def __init__(self, process: subprocess.Popen[bytes], http_port: int, grpc_port: int, log: Path) -> None:
        self.process, self.http_port, self.grpc_port, self.log = process, http_port, grpc_port, log
        self.facts = psutil.Process(process.pid)

    def connect(self, timeout: float = LONGEST_WAIT) -> socket.socket:
        """A bare connection to the HTTP port."""
        return socket.create_connection(("127.0.0.1", self.http_port), timeout=timeout)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float = 60
    ) -> Answer:
        """One request over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        finally:
            connection.close()

    def post(self, path: str, fields: object, timeout: float = LONGEST_WAIT) -> Answer:
        """One request with JSON."""
        headers = {"Content-Type": "application/json"}
        return self.ask("POST", path, json.dumps(fields).encode(), headers, timeout)

    def found(self, picture: bytes) -> set[str]:
        """Ids of everything that can be found, by a search for as many as there are."""
        images = self.ask("GET", "/index").json()["images"]
        instances = [{"b64": base64.b64encode(picture).decode()}]
        answer = self.post("/v1/models/search:predict", {"instances": instances, "parameters": {"k": images}})
        return set(answer.json()["predictions"][0]["ids"])

    def is_ready(self) -> bool:
        try:
            return self.ask("GET", "/v2/models/search/ready", timeout=5).status == 200
        except (OSError, HTTPException):
            return False

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def resident(self) -> float:
        """MiB of memory."""
        return float(self.facts.memory_info().rss) / MIB

    def open_files(self) -> int:
        return int(self.facts.num_fds())

    def threads(self) -> int:
        return int(self.facts.num_threads())

    def faults_in_log(self) -> list[str]:
        """Lines that tell of a fault of the server's own."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if re.search(r"Traceback|ERROR|CRITICAL|never awaited|never retrieved", line)]

    def stop(self) -> int:
        """Tells it to end, and gives its exit code."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=LONGEST_WAIT)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=LONGEST_WAIT)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = LONGEST_WAIT) -> None:
    """Waits for something to become true, and fails where it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.01)


def start(release: Path, log: Path, *options: str, file_bytes: int = 0) -> Server:
    """Starts a server and waits until it is ready.

    Args:
        release: What it serves.
        log: File for its output.
        options: More of its command line.
        file_bytes: No file that it writes may become larger; 0 for no limit.
    """
    http, grpc = free_port(), free_port()
    command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(release)]
    command += ["--http-port", str(http), "--grpc-port", str(grpc), *options]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    if file_bytes:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    server = Server(process, http, grpc, log)
    until(lambda: server.is_ready() or not server.is_alive())
    assert server.is_alive(), log.read_text()
    return server
