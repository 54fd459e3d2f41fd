import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from lookalike_components.compare.compare import Inputs, Outputs, compare
from lookalike_components.compare.config import CompareConfig
from lookalike_components.dataset import ShardWriter, load_pixels, write_table
from lookalike_components.evaluate.evaluation import Facts, write_evaluation
from lookalike_components.evaluate.search import search
from lookalike_components.evaluate.subset import open_test

COLOURS = ("firebrick", "goldenrod", "seagreen", "royalblue", "indigo", "sienna")
SIDES = (3, 4, 6)
LABELS = [f"{colour} {sides}-gon" for colour in COLOURS for sides in SIDES]
TRAINED = LABELS[:6]


def drawing(label, number):
    """One of four drawings of a coloured polygon: turned, moved, on grainy paper. A PNG of 64 by 64 pixels."""
    generator = np.random.default_rng([LABELS.index(label), number])
    colour, sides = label.split()
    canvas = Image.fromarray(generator.integers(200, 256, size=(64, 64, 3), dtype=np.uint8))
    circle = (*generator.uniform(26, 38, size=2), generator.uniform(14, 24))
    ImageDraw.Draw(canvas).regular_polygon(circle, int(sides[0]), rotation=generator.uniform(0, 360), fill=colour)
    written = io.BytesIO()
    canvas.save(written, "PNG")
    return written.getvalue()


def image_table(store, draw=drawing):
    """Eighteen labels with four drawings each, in tar shards; six labels are for training, twelve for the test."""
    pictures = [(label, number, draw(label, number)) for label in LABELS for number in range(4)]
    with ShardWriter(store) as writer:
        places = [writer.add(data, "PNG") for _, _, data in pictures]
    return pd.DataFrame(
        {
            **{name: getattr(place, name) for name in ("image_id", "shard", "offset", "nbytes")},
            "uri": f"{label}/{number}.png",
            "position": position,
            "format": "PNG",
            "width": 64,
            "height": 64,
            "perceptual_hash": None,
            "label": label,
            "subset": "train" if label in TRAINED else "query",
        }
        for position, ((label, number, _), place) in enumerate(zip(pictures, places, strict=True))
    )


def sees_grey(pixels):
    """An encoder that is blind to colour: brightness on a coarse grid."""
    return pixels.mean(axis=3).reshape(len(pixels), -1)


def sees_colour(pixels):
    """An encoder that sees colours, and not where they are."""
    bins = (pixels // 64).reshape(len(pixels), -1, 3) @ np.array([16, 4, 1])
    return np.stack([np.bincount(row, minlength=64) for row in bins])


def embed(table, see):
    """Vectors float32 [n, d] of unit length."""
    pixels = np.concatenate(list(load_pixels(table, 16)))
    features = see(pixels.astype(np.int64)).astype(np.float32)
    features -= features.mean(axis=0)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


ENCODER = {"model": "mobilenet_v2", "input_size": 224, "dimension": 1280, "resize": "exact", "licence": "BSD-3-Clause"}
HISTORY = [
    {"epoch": 0, "loss": None, "validation": {"recall_at_1": 0.5, "map_at_r": 0.3}},
    {"epoch": 1, "loss": 0.8, "validation": {"recall_at_1": 0.7, "map_at_r": 0.45}},
    {"epoch": 2, "loss": 0.4, "validation": {"recall_at_1": 0.8, "map_at_r": 0.6}},
]


@dataclass
class Bench:
    """A folder with an image table, evaluations by name, and a history; compares any two of them."""

    folder: Path
    table: pd.DataFrame

    def evaluate(self, name, see, k=3):
        test = open_test(self.table)
        facts = Facts(name, k, {**ENCODER, "digest": f"{name}-digest"})
        write_evaluation(self.folder / name, facts, test, search(test, embed(test.images, see), k))

    def inputs(self, reference="grey", candidate="colour", history="history.jsonl"):
        return Inputs(
            self.folder / "table.parquet",
            self.folder / reference,
            self.folder / candidate,
            self.folder / history if history else None,
        )

    def compare(self, outputs, reference="grey", candidate="colour", history="history.jsonl", **settings):
        """Gives the verdict, the numbers, and where the results are."""
        paths = Outputs(*(outputs / name for name in ("comparison", "report.html", "summary.html", "verdict.md")))
        return *compare(self.inputs(reference, candidate, history), paths, CompareConfig(**settings)), paths


def bench(folder, draw=drawing):
    table = image_table(folder / "store", draw)
    write_table(table, folder / "table.parquet")
    (folder / "history.jsonl").write_text("\n".join(json.dumps(row) for row in HISTORY) + "\n")
    made = Bench(folder, table)
    made.evaluate("grey", sees_grey)
    made.evaluate("colour", sees_colour)
    return made


@pytest.fixture(scope="session")
def drawings(tmp_path_factory):
    """Drawn pictures, seen by an encoder without and by one with colour."""
    return bench(tmp_path_factory.mktemp("drawings"))


@pytest.fixture(scope="session")
def noisy_pictures(tmp_path_factory):
    """Pictures of nothing but noise: the heaviest thumbnails that there are."""

    def noise(label, number):
        pixels = np.random.default_rng([LABELS.index(label), number]).integers(256, size=(160, 160, 3), dtype=np.uint8)
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, "PNG")
        return written.getvalue()

    return bench(tmp_path_factory.mktemp("noise"), noise)
