import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lookalike_components.dataset import ShardWriter, write_table
from lookalike_components.encoder.model import build
from lookalike_components.pixels import inspect

COLOURS = {"red": (200, 40, 30), "green": (40, 160, 60), "blue": (40, 70, 200), "white": (240, 240, 240)}


def grainy(colour, seed):
    """A PNG of one colour with some grain, so that no two are the same."""
    grain = np.random.default_rng(seed).integers(-30, 30, size=(32, 32, 3))
    written = io.BytesIO()
    Image.fromarray(np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)).save(written, "PNG")
    return written.getvalue()


def image_table(store, subset_of):
    """Four grainy pictures of each colour in tar shards, and their table; ``subset_of`` takes (label, number)."""
    pictures = [(label, number, grainy(rgb, 10 * number)) for label, rgb in COLOURS.items() for number in range(4)]
    with ShardWriter(store) as writer:
        places = [writer.add(data, "PNG") for _, _, data in pictures]
    return pd.DataFrame(
        {
            "image_id": place.image_id,
            "uri": f"{label}/{number}.png",
            "position": position,
            "shard": place.shard,
            "offset": place.offset,
            "nbytes": place.nbytes,
            "format": inspect(data).format,
            "width": 32,
            "height": 32,
            "perceptual_hash": None,
            "label": label,
            "subset": subset_of(label, number),
        }
        for position, ((label, number, data), place) in enumerate(zip(pictures, places, strict=True))
    )


@pytest.fixture
def make_table(tmp_path):
    """Writes an image table whose subsets a function of (label, number) chooses; gives its path."""

    def make(subset_of):
        write_table(image_table(tmp_path / "store", subset_of), tmp_path / "table.parquet")
        return tmp_path / "table.parquet"

    return make


@pytest.fixture
def first_of_each_asks(make_table):
    """Red is for training; of every other colour the first picture is the query and the other three are the index."""
    return make_table(lambda label, number: "train" if label == "red" else "index" if number else "query")


@pytest.fixture(scope="session")
def encoder(weights):
    """An untrained ResNet-18 for pictures of 32 pixels: it tells colours apart."""
    return build("resnet18", str(weights), 32)
