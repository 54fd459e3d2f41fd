"""Files that say they are large, or unpack to something large, are refused before they take memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
BOMBS = [name for name in json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8")) if name.startswith("bomb")]
MOST_MEGABYTES = 30
CODE = """
import pathlib, resource, sys
from lookalike_components.pixels import BrokenImage, inspect, to_pixels

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux

data = pathlib.Path(sys.argv[1]).read_bytes()
before = peak()
for read in (inspect, lambda data: to_pixels(data, 224, "fast")):
    try:
        read(data)
    except BrokenImage as refusal:
        continue
    sys.exit("was accepted")
print((peak() - before) / 1024)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_refused_bomb_took_little_memory(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, GOLDEN / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < MOST_MEGABYTES
