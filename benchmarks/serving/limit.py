"""The limit: a loop that decodes and encodes one picture again and again, with no server around it.

python -m serving.limit RELEASE picture.jpg --runtime auto --threads 1
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike_components.release.runtime import Release

BATCHES = (1, 8, 32)


@dataclass(frozen=True)
class Limit:
    """What the loop reached; seconds."""

    per_second: dict[int, float]
    """Images a second, by the size of the batch."""
    p50: float
    p99: float
    embedding: list[float]
    """What the picture became."""


def passes(encode: Callable[[list[bytes]], object], batch: list[bytes], seconds: float) -> list[float]:
    """Encodes the batch until the time is over; the seconds of each pass."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        encode(batch)
        taken.append(time.perf_counter() - started)
    return taken


def rates(release: Release, picture: bytes, threads: int, seconds: float) -> Iterator[tuple[int, float]]:
    """Images a second for each size of the batch, with a loop in each of so many threads."""
    with ThreadPoolExecutor(threads) as executor:
        for size in BATCHES:
            batch = [picture] * size
            started = time.perf_counter()
            loops = [executor.submit(passes, release.encode, batch, seconds) for _ in range(threads)]
            done = sum(len(loop.result()) for loop in loops)
            yield size, done * size / (time.perf_counter() - started)


def main() -> None:
    """Measures, and prints the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    release, picture = Release.open(given.release, runtime=given.runtime, threads=1), given.picture.read_bytes()
    passes(release.encode, [picture], given.seconds / 4)  # warms up
    alone = sorted(passes(release.encode, [picture], given.seconds))
    per_second = dict(rates(release, picture, given.threads, given.seconds))
    p50, p99 = alone[len(alone) // 2], alone[int(0.99 * len(alone))]
    print(json.dumps(asdict(Limit(per_second, p50, p99, release.encode([picture])[0].tolist()))))


if __name__ == "__main__":
    main()
