"""A tiny release, and servers that really serve it."""

import io
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper
from PIL import Image

from lookalike_components.pixels import to_pixels
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Graph, Release
from lookalike_components.release.sealing import seal, write_index

sys.path.append(str(Path(__file__).parent))  # the other process finds grpc_client there

SIZE = 16
ENCODER = EncoderFacts(
    model="blocks", dimension=48, input_size=SIZE, resize="exact", licence="CC0-1.0", digest="e" * 64
)


def blocks(seed: int) -> bytes:
    """A JPEG of 4 x 4 coloured blocks, none like another."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).resize((24, 24), Image.Resampling.NEAREST).save(file, "JPEG")
    return file.getvalue()


def block_colours() -> onnx.ModelProto:
    """An encoder in six nodes: the mean colours of a 4 x 4 grid, centred, at unit length."""
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", SIZE, SIZE, 3])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", ENCODER.dimension])
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["float", "grey"], ["centred"]),
        helper.make_node("Transpose", ["centred"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["pooled"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("LpNormalization", ["flat"], ["embedding"]),
    ]
    grey = helper.make_tensor("grey", TensorProto.FLOAT, [1], [127.0])
    graph = helper.make_graph(nodes, "blocks", [images], [embedding], [grey])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """The images of the index; the last one has no label."""
    return [blocks(seed) for seed in range(6)]


@pytest.fixture(scope="session")
def pixels(pictures: list[bytes]) -> npt.NDArray[np.uint8]:
    """The same images, uint8 [6, 16, 16, 3]."""
    return np.stack([to_pixels(picture, SIZE) for picture in pictures])


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory, pixels: npt.NDArray[np.uint8]) -> Path:
    root = tmp_path_factory.mktemp("release")
    draft, names = root / "draft", [f"picture-{number}" for number in range(len(pixels))]
    draft.mkdir()
    onnx.save(block_colours(), draft / "encoder.onnx")
    labels = ["mug", "lamp", "mug", "lamp", "mug", None]
    table = pd.DataFrame({"image_id": names, "uri": [f"{name}.png" for name in names], "label": labels})
    write_index(draft, Graph(draft / "encoder.onnx").encode(pixels), table.assign(subset="train"))
    seal(draft, root / "release", "tiny", ENCODER, threshold=0.9)
    return root / "release"


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return Release.open(release_folder)


@dataclass(frozen=True)
class Served:
    """A server under way."""

    http: str
    grpc: str
    process: subprocess.Popen[bytes]
    log: Path

    def post(self, path: str, **body: object) -> httpx.Response:
        return httpx.post(f"http://{self.http}{path}", **body)  # type: ignore[arg-type]

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://{self.http}/v2/models/search/ready").is_success
        except httpx.TransportError:
            return False

    def is_over(self) -> bool:
        try:
            return self.process.wait(timeout=0.05) is not None
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


Start = Callable[[Path], Served]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers; those still there at the end are stopped."""
    servers: list[Served] = []

    def start(folder: Path) -> Served:
        http, grpc, log = free_port(), free_port(), tmp_path_factory.mktemp("server") / "log.txt"
        ports = ["--http-port", str(http), "--grpc-port", str(grpc)]
        command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(folder), *ports]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        servers.append(Served(f"127.0.0.1:{http}", f"127.0.0.1:{grpc}", process, log))
        while not servers[-1].answers():
            assert not servers[-1].is_over(), log.read_text()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(start: Start, release_folder: Path) -> Served:
    """The one server that most tests ask."""
    return start(release_folder)


@pytest.fixture(scope="session")
def other_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def grpc(server: Served, other_process: ProcessPoolExecutor) -> Callable[..., Any]:
    """Calls a function of `grpc_client` with the server's address."""
    return lambda function, *arguments: other_process.submit(function, server.grpc, *arguments).result(timeout=60)
