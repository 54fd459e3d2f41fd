"""How close *evaluate* comes to the encoder's own speed, and what ranking and metrics take on many vectors.

    python benchmarks/evaluate.py ~/groceries --model resnet50
    python benchmarks/evaluate.py --scale 100000x1280

With a source (a folder with one subfolder a label), pictures are embedded as *evaluate* does it, from their bytes in
shards, in turns with the same number of tensors that lie in memory. With ``--scale``, random vectors about random
centres are searched, each among the others, and judged by every metric; the pairs at a threshold are counted too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from machine import machine

from lookalike_components.dataset import read_table
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.encoder.process import ENVIRONMENT
from lookalike_components.evaluate.embedding import BATCH_SIZE, embed_test, peak_memory
from lookalike_components.evaluate.matches import matches
from lookalike_components.evaluate.search import search
from lookalike_components.evaluate.subset import Examination
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.retrieval import macro_means, means

EACH = 10
"""Vectors of one label."""
SPREAD = 0.7
"""Of a vector about its label's centre, in lengths of the centre."""
THRESHOLD = 0.5


def main() -> None:
    """Reads the arguments, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="?", help="folder with one subfolder a label")
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--weights", default="")
    parser.add_argument("--size", type=int, default=0, help="side of the encoder's input; 0 for its own")
    parser.add_argument("--resize", choices=["exact", "fast"], default="exact")
    parser.add_argument("--images", type=int, default=1024, help="pictures to take from the source, at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", default="", help="vectors and their length, such as 100000x1280")
    arguments = parser.parse_args()
    if not ENVIRONMENT.items() <= os.environ.items():  # libraries read it once, when the process starts
        again = subprocess.run([sys.executable, *sys.argv], env={**os.environ, **ENVIRONMENT}, check=False)
        sys.exit(again.returncode)
    print(f"{machine()}.\n", flush=True)
    if arguments.source:
        encoder = build(arguments.model, arguments.weights, arguments.size, arguments.resize)
        print("\n".join(encoding(encoder, arguments.source, arguments.images, arguments.rounds)), flush=True)
    if arguments.scale:
        count, length = (int(part) for part in arguments.scale.split("x"))
        print("\n".join(judging(count, length)), flush=True)


def encoding(encoder: Encoder, source: Path, most: int, rounds: int) -> Iterator[str]:
    """A table of the two speeds, in Markdown."""
    with TemporaryDirectory() as scratch:
        test = pictures(source, Path(scratch), most)
        size = encoder.config.input_size
        batch = np.random.default_rng(0).integers(256, size=(BATCH_SIZE, size, size, 3), dtype=np.uint8)
        whole, rest = divmod(len(test.images), BATCH_SIZE)
        encode(encoder, [batch])  # what is slow only once
        told: dict[str, list[float]] = {"pure": [], "evaluate": []}
        for _ in range(rounds):
            tensors = [batch] * whole + [batch[:rest]] * bool(rest)
            told["pure"].append(len(test.images) / seconds(lambda tensors=tensors: encode(encoder, tensors)))
            told["evaluate"].append(embed_test(encoder, test)[1].images_per_second)
    shares = [own / pure for pure, own in zip(told["pure"], told["evaluate"], strict=True)]
    yield f"{encoder.config.model} at {size} px, resize {encoder.config.resize}: {len(test.images)} pictures.\n"
    yield "| | Pictures a second | Range | To pure |"
    yield "|---|--:|--:|--:|"
    for name, rates in told.items():
        share = f"{statistics.median(shares):.2f}" if name == "evaluate" else ""
        yield f"| {name} | {statistics.median(rates):.1f} | {min(rates):.1f} to {max(rates):.1f} | {share} |"


def pictures(source: Path, scratch: Path, most: int) -> Examination:
    """Brings pictures of a folder into shards; each is searched among the others."""
    ingest(IngestConfig(source=str(source), store=str(scratch / "shards")), scratch / "images", scratch / "refused")
    table = read_table(scratch / "images").head(most)
    labelled = table.assign(label=[Path(uri).parent.name for uri in table["uri"]])
    return Examination(labelled, labelled, left_out=True)


def judging(count: int, length: int) -> Iterator[str]:
    """A table of seconds and memory, in Markdown, for vectors that are each searched among the others."""
    vectors, labels = clusters(count, length)
    table = pd.DataFrame({"image_id": [str(number) for number in range(count)], "label": labels})
    test, held = Examination(table, table, left_out=True), peak_memory()
    yield f"\n{count:,} vectors of {length:,} ({vectors.nbytes / 1e6:,.0f} MB), labels of {EACH}.\n"
    yield "| | Seconds | Peak memory, MB | Of it beyond the vectors, MB |"
    yield "|---|--:|--:|--:|"

    def judge() -> None:
        values = search(test, vectors, 3).metrics(3)
        means(values), macro_means(values, table["label"].tolist())

    for name, work in {
        "ranking and metrics": judge,
        "pairs at a threshold": lambda: matches(THRESHOLD, test, vectors),
    }.items():
        yield f"| {name} | {seconds(work):.1f} | {peak_memory():,.0f} | {peak_memory() - held:,.0f} |"


def clusters(count: int, length: int) -> tuple[np.ndarray, list[str]]:
    """Vectors of length 1 about the centres of their labels."""
    random = np.random.default_rng(0)
    codes = np.arange(count) // EACH
    vectors = random.standard_normal((codes[-1] + 1, length), np.float32)[codes]
    for start in range(0, count, BATCH_SIZE):
        rows = slice(start, start + BATCH_SIZE)
        vectors[rows] += SPREAD * random.standard_normal(vectors[rows].shape, np.float32)
        vectors[rows] /= np.linalg.norm(vectors[rows], axis=1, keepdims=True)
    return vectors, [str(code) for code in codes]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
