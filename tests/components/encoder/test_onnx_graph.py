"""The ONNX graph computes what the encoder does, at any size of batch."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from lookalike_components.encoder import onnx_graph
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder


@pytest.fixture(scope="module")
def graph(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "encoder.onnx"
    onnx_graph.export(encoder, path)
    return path


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_torch_and_onnx_agree_on_real_pictures(graph: Path, encoder: Encoder, pixels: np.ndarray, batch: int):
    images = np.concatenate([pixels, pixels])[:batch]
    embedding = onnxruntime.InferenceSession(graph).run(["embedding"], {"images": images})[0]
    assert embedding.dtype == np.float32
    np.testing.assert_allclose(embedding, encode(encoder, [images]), atol=1e-5)


def test_the_graph_is_one_file_of_opset_20(graph: Path):
    assert [path.name for path in graph.parent.iterdir()] == ["encoder.onnx"]
    assert onnx.load(graph).opset_import[0].version == 20


def test_the_encoder_is_left_as_it_was(encoder: Encoder, pixels: np.ndarray, tmp_path: Path):
    before = encode(encoder, [pixels[:2]])
    onnx_graph.export(encoder, tmp_path / "again.onnx")
    np.testing.assert_array_equal(encode(encoder, [pixels[:2]]), before)
