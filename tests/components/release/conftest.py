"""A real release of six drawn pictures, whose graph averages colours: small enough to be reckoned by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.sealing import CARD, GRAPH, seal, write_index

SIZE = 8
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
FACTS = EncoderFacts(model="mean", dimension=3, input_size=SIZE, resize="exact", licence="none", digest="0" * 64)


def mean_colour_graph() -> onnx.ModelProto:
    """uint8 ``[batch, 8, 8, 3]`` to the mean colour, as float32 ``[batch, 3]`` of length 1."""
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["colour"], keepdims=0),
        helper.make_node("LpNormalization", ["colour"], ["embedding"], axis=1, p=2),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", SIZE, SIZE, 3])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 3])
    axes = helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2])
    graph = helper.make_graph(nodes, "mean colour", [images], [embedding], [axes])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture
def table() -> pd.DataFrame:
    """Two pictures of each colour; the last one has no label."""
    rows = [(f"{name}-{view}", f"{name}/{view}.png", name, "index") for name in COLOURS for view in range(2)]
    table = pd.DataFrame(rows, columns=["image_id", "uri", "label", "subset"])
    table.loc[5, "label"] = None
    return table


@pytest.fixture
def vectors() -> np.ndarray:
    """The first of each colour is pure, the second is tinted by the next colour."""
    pure, tinted = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32) * 0.8 + np.roll(np.eye(3), 1, axis=1) * 0.6
    return np.stack([pure, tinted], axis=1).reshape(6, 3).astype(np.float32)


@pytest.fixture
def draft(tmp_path: Path, table: pd.DataFrame, vectors: np.ndarray) -> Path:
    """Everything of a release but the manifest."""
    folder = tmp_path / "draft"
    folder.mkdir()
    onnx.save(mean_colour_graph(), str(folder / GRAPH))
    write_index(folder, vectors, table)
    (folder / CARD).write_text("# mean colour\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(draft: Path, tmp_path: Path) -> Path:
    """The sealed release."""
    seal(draft, tmp_path / "release", "colours", FACTS, threshold=0.9)
    return tmp_path / "release"


@pytest.fixture
def flip(folder: Path) -> Callable[[str], None]:
    """Flips one bit in the middle of a file of the release."""

    def flip(name: str) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return flip


@pytest.fixture
def another(tmp_path: Path, table: pd.DataFrame, vectors: np.ndarray) -> Path:
    """A release of another encoder, whose index holds the same pictures under other labels."""
    draft = tmp_path / "another-draft"
    draft.mkdir()
    model = mean_colour_graph()
    model.doc_string = "another"
    onnx.save(model, str(draft / "encoder.onnx"))
    write_index(draft, np.roll(vectors, 1, axis=1), table.assign(label="another"))
    seal(draft, tmp_path / "another", "another", FACTS, threshold=0.9)
    return tmp_path / "another"
