"""No room on this machine: one sentence, and nothing half written."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike_components.errors import LookalikeError
from lookalike_components.storage import create_bytes, create_file, download, download_folder, join, upload, write_bytes

WITH_SHORT_FILES = """
import resource, signal, sys
from pathlib import Path
from lookalike_components import storage
from lookalike_components.errors import LookalikeError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
place, here = sys.argv[1], Path(sys.argv[2])
attempt = {
    "download": lambda: storage.download(f"{place}/large", here / "copy"),
    "folder": lambda: storage.download_folder(place, here / "copy"),
}[sys.argv[3]]
try:
    attempt()
except LookalikeError as error:
    print(error, end="")
"""


@pytest.mark.parametrize("attempt", ["download", "folder"])
@pytest.mark.parametrize("nbytes", [2_000_000, 40_000_000], ids=["at once", "in pieces"])
def test_a_file_that_the_system_cuts_short_is_not_left_behind(root: str, here: Path, attempt: str, nbytes: int) -> None:
    """A limit on the length of files, which needs no rights, lets every way of writing fail in its middle."""
    write_bytes(join(root, "large"), b"x" * nbytes)
    write_bytes(join(root, "small"), b"x")
    told = subprocess.run(
        [sys.executable, "-c", WITH_SHORT_FILES, root, here, attempt], capture_output=True, text=True, check=True
    ).stdout
    assert told == f"{here}/copy cannot be read or written: File too large"
    assert list(here.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a mebibyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "lookalike-test", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("attempt", ["write", "create", "create_file", "upload", "download"])
def test_a_full_disk_is_told_and_keeps_what_was_there(small_disk: Path, here: Path, attempt: str) -> None:
    data, target = bytes(2 * 2**20), small_disk / "file"
    (here / "large").write_bytes(data)
    (small_disk / "old").write_bytes(b"old")
    attempts = {
        "write": lambda: write_bytes(target, data),
        "create": lambda: create_bytes(target, data),
        "create_file": lambda: create_file(target, here / "large"),
        "upload": lambda: upload(here / "large", target),
        "download": lambda: download(here / "large", target),
    }
    with pytest.raises(LookalikeError) as error:
        attempts[attempt]()
    assert str(error.value) == f"no space left on {small_disk}; free some, or pass another --runs or --artifacts"
    assert [path.name for path in small_disk.iterdir()] == ["old"]


def test_a_folder_that_does_not_fit_is_not_begun(small_disk: Path, here: Path, bucket: str) -> None:
    write_bytes(join(bucket, "folder", "small"), b"x")
    write_bytes(join(bucket, "folder", "large"), bytes(2 * 2**20))
    with pytest.raises(LookalikeError) as error:
        download_folder(join(bucket, "folder"), small_disk / "folder")
    assert str(error.value) == f"no space left on {small_disk}; free some, or pass another --runs or --artifacts"
    assert list(small_disk.iterdir()) == []
