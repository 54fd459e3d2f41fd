"""Training, evaluation and the server see the same pixels of a file, byte for byte.

The server's encoder is a graph that answers the pixels themselves, so that what reaches it can be compared.
"""

import base64
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from lookalike_components.dataset import ShardWriter, load_pixels
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.pixels import inspect
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.sealing import seal, write_index
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.pictures.pictures import decode

GOLDEN = Path(__file__).parents[1] / "pixels" / "golden"
OUTCOMES = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
FILES = [(GOLDEN / name).read_bytes() for name, outcome in OUTCOMES.items() if "pixels" in outcome]
SIZE = 4  # small enough for the fast policy to halve files of 24 x 16
DIMENSION = SIZE * SIZE * 3


def as_it_is() -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", SIZE, SIZE, 3])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])
    nodes = [helper.make_node("Flatten", ["images"], ["flat"])]
    nodes += [helper.make_node("Cast", ["flat"], ["embedding"], to=TensorProto.FLOAT)]
    graph = helper.make_graph(nodes, "as it is", [images], [embedding])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def encoder_json(policy: str, aspect: str) -> str:
    return EncoderConfig(
        model="as_it_is",
        pooling="avg",
        head=False,
        dimension=DIMENSION,
        input_size=SIZE,
        resize=policy,
        aspect=aspect,
        mean=(0, 0, 0),
        std=(1, 1, 1),
        licence="CC0-1.0",
        weights="",
        weights_sha256="",
        versions={},
    ).model_dump_json()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    with ShardWriter(str(tmp_path_factory.mktemp("shards")), 2**20) as writer:
        locations = [writer.add(data, inspect(data).format) for data in FILES]
    return pd.DataFrame([asdict(location) for location in locations]).assign(label="thing", subset="train")


@pytest.fixture(
    scope="module",
    params=[("exact", "squash"), ("fast", "squash"), ("exact", "pad"), ("fast", "pad"), ("exact", "crop")],
)
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("-".join(request.param))
    draft = root / "draft"
    draft.mkdir()
    onnx.save(as_it_is(), draft / "encoder.onnx")
    (draft / "encoder.json").write_text(encoder_json(*request.param), encoding="utf-8")
    config = EncoderConfig.model_validate_json(encoder_json(*request.param))
    about = {name: value for name, value in config if name in EncoderFacts.model_fields}
    rows = pd.DataFrame({"image_id": ["a"], "uri": ["a.png"], "label": ["a"], "subset": ["train"]})
    write_index(draft, np.eye(1, DIMENSION, dtype=np.float32), rows)
    seal(draft, root / "release", "as it is", EncoderFacts(**about, digest="e" * 64), threshold=None)
    return root / "release"


@pytest.fixture(scope="module")
def encoder(release: Path) -> EncoderConfig:
    """What ``encoder.json`` says, the policies of resizing included."""
    return EncoderConfig.model_validate_json((release / "encoder.json").read_bytes())


@pytest.fixture(scope="module")
def evaluated(table: pd.DataFrame, encoder: EncoderConfig) -> npt.NDArray[np.uint8]:
    return np.concatenate(list(load_pixels(table, encoder.input_size, encoder.resize, aspect=encoder.aspect)))


def test_training_sees_what_evaluation_sees(
    table: pd.DataFrame, encoder: EncoderConfig, evaluated: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    trained = decode(table, "train", encoder, SIZE, tmp_path, TrainConfig()).pixels
    assert trained.tobytes() == evaluated.tobytes()


def test_the_server_sees_what_evaluation_sees(start, release: Path, evaluated: npt.NDArray[np.uint8]) -> None:
    body = {"instances": [{"b64": base64.b64encode(data).decode()} for data in FILES]}
    answer = start(release).post("/v1/models/encoder:predict", json=body, timeout=60)
    served = np.array([prediction["embedding"] for prediction in answer.json()["predictions"]])
    assert served.astype(np.uint8).tobytes() == evaluated.tobytes()


def test_the_policies_can_be_told_apart_by_these_files(table: pd.DataFrame) -> None:
    exact, fast = (np.concatenate(list(load_pixels(table, SIZE, policy))) for policy in ("exact", "fast"))
    assert not np.array_equal(exact, fast)


def test_so_can_what_becomes_of_their_shape(table: pd.DataFrame) -> None:
    ways = [np.concatenate(list(load_pixels(table, SIZE, aspect=aspect))) for aspect in ("squash", "pad", "crop")]
    assert len({way.tobytes() for way in ways}) == 3
