"""A disk that is full when an entry is to be kept: that request fails, and nothing that was kept is lost."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from malformed import b64
from server_process import Server

VECTORS_KIB = 48 * 4 / 1024
FULL = 507


def add(server: Server, name: str, picture: bytes, label: str = "added") -> int:
    return server.post("/index", {"entries": [{"id": name, "b64": b64(picture), "label": label}]}).status


def fill(server: Server, picture: bytes, most: int) -> set[str]:
    """Adds entries until one is refused for want of room; gives those that were acknowledged."""
    kept: set[str] = set()
    for number in range(most):
        status = add(server, f"entry-{number}", picture, "x" * 400)
        if status == FULL:
            return kept
        assert status == 200
        kept.add(f"entry-{number}")
    pytest.fail(f"{most} entries fitted")


def test_a_limit_on_the_files_size_fails_that_request_alone(tmp_path, launch, release_folder, pictures):
    journal = tmp_path / "journal"
    server = launch("--journal", str(journal), file_bytes=64 * 1024)
    kept = fill(server, pictures[0], most=500)
    assert kept
    assert kept <= server.found(pictures[0])
    assert add(server, "another", pictures[1], "x" * 400) == FULL
    assert server.is_ready()
    server.kill()
    assert kept <= launch("--journal", str(journal)).found(pictures[0])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_fails_that_request_alone_and_room_makes_it_well_again(small_disk, launch, pictures):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(128 * 1024))
    journal = small_disk / "journal"
    server = launch("--journal", str(journal))
    kept = fill(server, pictures[0], most=1_000)
    assert kept <= server.found(pictures[0])
    ballast.unlink()
    assert add(server, "after", pictures[1]) == 200
    server.kill()
    again = launch("--journal", str(journal))
    assert kept | {"after"} <= again.found(pictures[0])
    assert again.faults_in_log() == []
