"""Tiny images in a store, and the table that points to them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lookalike_components.dataset import COLUMNS, ShardWriter


def picture(number: int, size: int = 24) -> bytes:
    pixels = np.random.default_rng(number).integers(256, size=(size, size, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def store_pictures(images: Sequence[bytes], store: Path | str, shard_bytes: int = 2**20) -> pd.DataFrame:
    with ShardWriter(store, shard_bytes) as writer:
        locations = [writer.add(data, "PNG") for data in images]
    rows = pd.DataFrame([asdict(location) for location in locations])
    rest = {"format": "PNG", "width": 24, "height": 24, "perceptual_hash": None, "label": None, "subset": None}
    uris = [f"photos/{number}.png" for number in range(len(rows))]
    return rows.assign(uri=uris, position=range(len(rows)), **rest)[list(COLUMNS)]


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """Twelve different images, as PNG files of 24 by 24 pixels."""
    return [picture(number) for number in range(12)]


@pytest.fixture
def stored() -> Callable[..., pd.DataFrame]:
    """A function that puts images into a store and gives their table."""
    return store_pictures


@pytest.fixture
def table(pictures: list[bytes], tmp_path: Path) -> pd.DataFrame:
    """The table of the twelve images, in shards of a few images each."""
    return store_pictures(pictures, tmp_path / "store", shard_bytes=8_000)
