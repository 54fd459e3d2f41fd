"""A tiny release, one server of it for all tests, and one that wants a token, speaks TLS and keeps a journal."""

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
import trustme
from onnx import TensorProto, helper
from PIL import Image

from lookalike.client.service import Client, serving
from lookalike_components.pixels import to_pixels
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Release
from lookalike_components.release.runtimes.onnx import OnnxGraph
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
    vectors = OnnxGraph(draft / "encoder.onnx").encode(np.stack([to_pixels(picture, SIZE) for picture in pictures]))
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


@dataclass(frozen=True)
class Guarded:
    """A server that is reached by those alone who bear the token and trust its certificate."""

    url: str
    token_file: Path
    ca_file: Path

    def client(self, **others) -> Client:
        return Client(self.url, token_file=self.token_file, ca_file=self.ca_file, **others)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, release_folder: Path) -> Iterator[Guarded]:
    folder, authority = tmp_path_factory.mktemp("guarded"), trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(folder / "tls.key"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "tls.crt"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "token").write_text("token-of-the-tests\n")
    options = ["--tls-certificate", f"{folder}/tls.crt", "--tls-key", f"{folder}/tls.key"]
    options += ["--token-file", f"{folder}/token", "--journal", f"{folder}/journal"]
    reached = {"ca_file": folder / "ca.pem", "token_file": folder / "token"}
    with serving(release_folder, options, **reached) as client:
        yield Guarded(client.url, folder / "token", folder / "ca.pem")


@dataclass
class Scripted:
    """A server on loopback that answers as it is told, in order; the last answer again and again."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of each request."""
    url: str = ""

    def next(self) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.requests.append((self.path, dict(self.headers)))
            status, headers, body = script.next()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Stays silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield script
        server.shutdown()
        thread.join()
