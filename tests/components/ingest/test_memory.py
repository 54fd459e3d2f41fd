"""Memory is bounded by shards and what is read ahead, not by the number of images."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MEGABYTE = 2**20
SIDE = 60  # 10,854 bytes an image
FEW, MANY = 4_000, 16_000
MEASURED = """
import re, sys
from pathlib import Path
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest

source, folder = sys.argv[1:]
config = IngestConfig(source=source, store=f"{folder}/store", shard_megabytes=8)
facts = ingest(config, f"{folder}/images", f"{folder}/quarantine")
kilobytes = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(facts["moved"], int(kilobytes) * 1024)
"""


def draw(folder: Path, number: int) -> Path:
    folder.mkdir()
    random = np.random.default_rng(0)
    for count in range(number):
        pixels = random.integers(256, size=(SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{count}.bmp")
    return folder


def most_memory(source: Path, folder: Path) -> tuple[int, int]:
    """Images moved, and the most memory that the process ever held, in bytes.

    The system is asked for VmHWM, since getrusage counts what the parent held when it started the process.
    """
    folder.mkdir()
    command = [sys.executable, "-c", MEASURED, source, folder]
    moved, nbytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(moved), int(nbytes)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the most memory that a process ever held")
def test_memory_hardly_grows_with_the_number_of_images(tmp_path: Path) -> None:
    few, less = most_memory(draw(tmp_path / "few", FEW), tmp_path / "run-few")
    many, more = most_memory(draw(tmp_path / "many", MANY), tmp_path / "run-many")
    assert (few, many) == (FEW, MANY)
    assert more < 400 * MEGABYTE
    assert more - less < (MANY - FEW) * 6_000  # names, versions, digests: much less than an image
