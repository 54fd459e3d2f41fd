import shutil
import signal
import socket
import subprocess
import sys

import pytest


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)


def serve(*arguments):
    return python("-m", "lookalike_components.serve", *arguments)


def sentence(run):
    return run.stderr.strip().partition("error: ")[2]


@pytest.fixture
def another(start, release_folder):
    """A server of the test's own."""
    return start(release_folder)


def test_one_line_on_start_names_the_release_and_the_addresses_and_one_the_end(another, release):
    assert another.stop() == 0
    started, stopped = another.log.read_text().splitlines()
    place = f"http://{another.http} and, for gRPC, {another.grpc}"
    assert started.endswith(f"serving release {release.manifest.digest[:12]} with {release.runtime} at {place}")
    assert stopped.endswith("lookalike.server stopped")


def test_an_interrupt_ends_it_as_well(another):
    another.process.send_signal(signal.SIGINT)
    assert another.process.wait(timeout=30) == 0


def test_a_request_in_flight_is_answered_before_the_end(another):
    host, port = another.http.split(":")
    body = b'{"instances": [{"b64": "AAAA"}]}'
    head = f"POST /v1/models/encoder:predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        another.process.send_signal(signal.SIGTERM)
        while another.answers():
            pass
        connection.sendall(body)
        answer = connection.makefile("rb").read()
    assert b"image 1 is not an image; send another" in answer
    assert another.process.wait(timeout=30) == 0


def test_an_http_port_in_use_is_one_sentence(server, release_folder):
    port = server.http.split(":")[1]
    run = serve("--release", str(release_folder), "--http-port", port)
    assert run.returncode == 1
    assert sentence(run) == f"{server.http} cannot be listened on; stop what uses it or pass another --http-port"


def test_a_grpc_port_in_use_is_one_sentence(server, release_folder):
    port = server.grpc.split(":")[1]
    run = serve("--release", str(release_folder), "--http-port", "0", "--grpc-port", port)
    assert run.returncode == 1
    assert sentence(run) == f"{server.grpc} cannot be listened on; stop what uses it or pass another --grpc-port"


def test_a_folder_that_is_no_release_is_the_users_fault(tmp_path):
    run = serve("--release", str(tmp_path))
    assert run.returncode == 2
    assert sentence(run) == (
        f"{tmp_path} is not a release (it has no manifest.json); pass the release folder of a finished run"
    )


def test_a_release_with_a_flipped_byte_is_not_served(tmp_path, release_folder):
    copy = shutil.copytree(release_folder, tmp_path / "copy")
    index = bytearray((copy / "index.faiss").read_bytes())
    index[-1] ^= 1
    (copy / "index.faiss").write_bytes(index)
    run = serve("--release", str(copy))
    assert run.returncode == 1
    assert sentence(run).startswith(f"index.faiss in the release {copy} is not what was sealed")


def test_the_server_loads_neither_torch_nor_kfp():
    code = "import sys, lookalike_components.serve.server; print(*{'torch', 'torchvision', 'kfp'} & {*sys.modules})"
    run = python("-c", code)
    assert (run.returncode, run.stdout.strip()) == (0, "")


def test_help_does_not_wait_for_kserve():
    code = "import sys, lookalike_components.serve.__main__; print(*{'kserve', 'faiss', 'pandas'} & {*sys.modules})"
    run = python("-c", code)
    assert (run.returncode, run.stdout.strip()) == (0, "")
