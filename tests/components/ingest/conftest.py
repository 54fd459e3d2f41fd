"""Where one run of the step writes, and pictures that fill several shards."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from downloads import site
from PIL import Image

from lookalike_components.dataset import read_table
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.progress import Facts

__all__ = ["site"]


class Run:
    """Where one run of the step writes, below a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.store, self.images, self.quarantine = folder / "store", folder / "images", folder / "quarantine"

    def __call__(self, source: Path | str, **settings: object) -> Facts:
        config = IngestConfig.from_arguments({"source": str(source), "store": str(self.store), **settings})
        return ingest(config, self.images, self.quarantine)

    def refused(self) -> dict[str, str]:
        rows = pd.read_parquet(self.quarantine)
        return {Path(uri).name: reason for uri, reason in zip(rows["uri"], rows["reason"], strict=True)}

    def table(self) -> pd.DataFrame:
        return read_table(self.images)

    def shards(self) -> dict[str, tuple[int, int]]:
        """Name of each shard with the identity of its file, which changes when it is written again."""
        stats = {path.name: path.stat() for path in self.store.glob("*.tar")}
        return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}

    def outcome(self) -> tuple[pd.DataFrame, list[str]]:
        """What two runs have to agree on: the table, wherever the store is, and the shards."""
        table = self.table()
        return table.assign(shard=[Path(shard).name for shard in table["shard"]]), sorted(self.shards())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def draw_noise(number: int, side: int) -> bytes:
    """A picture that cannot be compressed: three bytes a pixel and little more."""
    pixels = np.random.default_rng(number).integers(256, size=(side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


@pytest.fixture(scope="session")
def noise() -> Callable[[int, int], bytes]:
    """Draws a PNG that cannot be compressed: ``noise(number, side)``."""
    return draw_noise


@pytest.fixture(scope="session")
def large_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen pictures of 300 kB, the first of them once more at the end, and one that is broken."""
    folder = tmp_path_factory.mktemp("large") / "photos"
    folder.mkdir()
    for number in range(13):
        (folder / f"{number:02}.png").write_bytes(draw_noise(number, 316))
    (folder / "05b.png").write_bytes(b"a text")
    (folder / "99.png").write_bytes((folder / "00.png").read_bytes())
    return folder
