"""A server for as long as one is needed."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lookalike.client.service.client import Client
from lookalike.client.service.refusals import ServiceError

READY_SECONDS = 60.0
STOP_SECONDS = 35.0


@contextmanager
def serving(release: str | Path, options: Sequence[str] = (), **client: Any) -> Iterator[Client]:
    """Serves a release on this machine for as long as the ``with`` block runs.

    Args:
        release: The sealed release folder.
        options: More for the server's command line, such as ``["--journal", "entries"]``.
        client: What `Client` takes beside the address.

    Yields:
        A client of the server, which listens on a free port of the loopback interface only.

    Raises:
        ServiceError: The server ended before it was ready; the sentence is its own.
    """
    port, command = _free_port(), [sys.executable, "-m", "lookalike_components.serve", "--release", str(release)]
    ports = ["--http-port", str(port), "--grpc-port", str(_free_port())]
    url = f"{'https' if '--tls-certificate' in options else 'http'}://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log, Client(url, **client) as asking:
        process = subprocess.Popen([*command, *ports, *options], stdout=log, stderr=log)
        try:
            if not _is_ready(asking, process):
                raise ServiceError(f"the server did not start: {_last_words(log)}")
            yield asking
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_ready(client: Client, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if client.ready():
            return True
        time.sleep(0.02)
    return False


def _last_words(log: Any) -> str:
    log.seek(0)
    lines = log.read().strip().splitlines() or [f"it was silent for {READY_SECONDS:.0f} s"]
    return str(lines[-1]).rpartition("error: ")[2]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
