"""Seconds and memory that label and split take on a table of a million images.

    python benchmarks/tables.py [--rows 1000000] [--labels 50000]

The table is made up: uris such as ``gs://bucket/photos/thing-00017/0000034.jpg``, random hashes, and pictures that lie
in one small shard, so that candidates can be looked at. Every step runs in a process of its own, whose peak memory is
read from the system.
"""

import argparse
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from lookalike_components.dataset import ShardWriter, write_table
from lookalike_components.encoder.process import WAITING

PICTURES = 64
LABEL = """
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
print(label("{folder}/images", "{folder}/labelled", LabelConfig({settings})))
"""
SPLIT = """
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.split import Outputs, split
outputs = Outputs("{folder}/table", "{folder}/leaks", "{folder}/page", "{folder}/doubts")
print(split("{folder}/labelled", outputs, SplitConfig({settings})))
"""
RUNS = (
    ("label", LABEL, ""),
    ("label, duplicates grouped", LABEL, "duplicates='group'"),
    ("split", SPLIT, ""),
    ("split by image", SPLIT, "by='image'"),
    ("split, near_duplicates=off", SPLIT, "near_duplicates='off'"),
)


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    cpu_seconds: float
    mebibytes: float


def write_images(path: Path, rows: int, labels: int, store: Path) -> None:
    """Writes an image table of so many rows, whose pictures are few and lie in one shard."""
    random = np.random.default_rng(0)
    with ShardWriter(store) as writer:
        places = [writer.add(data, "PNG") for data in drawings(random)]
    number, thing = np.arange(rows), np.arange(rows) * labels // rows
    drawing = random.integers(0, len(places), rows)
    hashes = random.integers(0, 2**64, rows, dtype=np.uint64)
    columns = {
        "image_id": [f"{code:064x}" for code in hashes],
        "uri": [f"gs://bucket/photos/thing-{a:05d}/{b:07d}.jpg" for a, b in zip(thing, number, strict=True)],
        "position": number,
        "shard": places[0].shard,
        "offset": np.array([place.offset for place in places])[drawing],
        "nbytes": np.array([place.nbytes for place in places])[drawing],
        **{"format": "PNG", "width": 32, "height": 32},
        "perceptual_hash": [f"{code:016x}" for code in hashes],
        **{"label": None, "subset": None},
    }
    write_table(pd.DataFrame(columns), path)


def drawings(random: np.random.Generator) -> Iterator[bytes]:
    """PNG files of noise, each another."""
    for _ in range(PICTURES):
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file, "PNG")
        yield file.getvalue()


def measured(code: str) -> Cost:
    """Runs code in a process of its own.

    Linux keeps the peak of what was there before in a process's resource usage; ``VmHWM`` is this program's alone.
    """
    started, before = time.monotonic(), os.times()
    telling = "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    command = [sys.executable, "-c", code + telling]
    done = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, **WAITING}, text=True, check=True)
    facts, kibibytes = done.stdout.splitlines()
    sys.stderr.write(f"{facts}\n")
    used = os.times()
    processor = used.children_user + used.children_system - before.children_user - before.children_system
    return Cost(time.monotonic() - started, processor, int(kibibytes) / 1024)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--labels", type=int, default=50_000)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        write_images(Path(folder, "images"), given.rows, given.labels, Path(folder, "store"))
        print(f"| {given.rows:,} images of {given.labels:,} labels | seconds | of the processor | peak MiB |")
        print("|---|---|---|---|")
        for name, code, settings in RUNS:
            cost = measured(code.format(folder=folder, settings=settings))
            print(f"| {name} | {cost.seconds:.1f} | {cost.cpu_seconds:.1f} | {cost.mebibytes:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
