"""A tiny release, and one server of it for all tests."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper
from PIL import Image

from lookalike.client.service import Client, serving
from lookalike_components.pixels import to_pixels
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Graph, Release
from lookalike_components.release.sealing import seal, write_index

SIZE = 8
ENCODER = EncoderFacts(
    model="pixels", dimension=SIZE * SIZE * 3, input_size=SIZE, resize="exact", licence="CC0-1.0", digest="e" * 64
)


def noise(seed: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def pixels_at_unit_length() -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", SIZE, SIZE, 3])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", ENCODER.dimension])
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["flat"]),
        helper.make_node("LpNormalization", ["flat"], ["embedding"]),
    ]
    graph = helper.make_graph(nodes, "pixels", [images], [embedding])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """More than one request holds."""
    return [noise(seed) for seed in range(40)]


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory, pictures: list[bytes]) -> Path:
    root, names = tmp_path_factory.mktemp("release"), [f"picture-{number}" for number in range(len(pictures))]
    draft = root / "draft"
    draft.mkdir()
    onnx.save(pixels_at_unit_length(), draft / "encoder.onnx")
    vectors = Graph(draft / "encoder.onnx").encode(np.stack([to_pixels(picture, SIZE) for picture in pictures]))
    table = pd.DataFrame({"image_id": names, "uri": [f"{name}.jpg" for name in names], "label": "noise"})
    write_index(draft, vectors, table.assign(subset="train"))
    seal(draft, root / "release", "tiny", ENCODER, threshold=None)
    return root / "release"


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return Release.open(release_folder)


@pytest.fixture(scope="session")
def client(release_folder: Path) -> Iterator[Client]:
    with serving(release_folder) as client:
        yield client
