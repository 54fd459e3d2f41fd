"""Whoever asks in `benchmarks/serve.py` counts what it is answered, over both protocols."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Of the server that does nothing but answer."""
    ports = {"http": free_port(), "grpc": free_port()}
    command = python("serving.nothing", "--http-port", str(ports["http"]), "--grpc-port", str(ports["grpc"]))
    with subprocess.Popen(command, cwd=BENCHMARKS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield ports
        process.kill()


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_every_connection_is_answered_again_and_again(ports, tmp_path, protocol):
    body = b"x" * 300_000  # more than a socket takes at once
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = tmp_path / "request"
    request.write_bytes(body if protocol == "grpc" else head + body)
    command = python("serving.load", protocol, f"127.0.0.1:{ports[protocol]}", str(request), "--connections", "8")
    options = ["--seconds", "0.2", "--warm-seconds", "0.1"]
    run = subprocess.run([*command, *options], cwd=BENCHMARKS, capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(run.stdout)
    assert told["requests"] >= 50
    assert 0 < told["p50"] <= told["p99"]
    assert 0 < told["busy"] <= 1


def test_an_answer_that_is_no_success_breaks_the_measurement_off(ports, tmp_path):
    request = tmp_path / "request"
    request.write_bytes(b"GET / HTTP/1.1\r\n\r\n")
    with socket.create_server(("127.0.0.1", 0)) as refusing:
        command = python("serving.load", "http", f"127.0.0.1:{refusing.getsockname()[1]}", str(request))
        with subprocess.Popen(command, cwd=BENCHMARKS, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = refusing.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n")
                _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "429 Too Many Requests" in errors
