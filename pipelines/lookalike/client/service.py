"""The client of a running server, and a server for as long as one is needed.

Images travel as they are, in the binary form of the Open Inference Protocol (v2), neither decoded nor in base64:
https://github.com/kserve/open-inference-protocol
"""

import json
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import numpy as np
import numpy.typing as npt

from lookalike_components.errors import LookalikeError, UserError

if TYPE_CHECKING:
    from lookalike_components.release.runtime import Matches

Picture = bytes | str | Path
BATCH_SIZE = 32
READY_SECONDS = 60.0
STOP_SECONDS = 35.0
JSON_LENGTH = "Inference-Header-Content-Length"


class ServiceError(LookalikeError):
    """The server cannot be reached, or refuses; the sentence is the server's own where there is one."""


@dataclass(frozen=True, slots=True)
class Match:
    """One image of the index that was found."""

    id: str
    """sha256 of the image's bytes."""
    uri: str
    """Where the image came from."""
    label: str
    """Its label; empty where it has none."""
    score: float
    """Cosine with the query, -1..1."""


class Client:
    """Asks a server for embeddings and neighbours; keeps its connection open between calls."""

    def __init__(self, url: str = "http://127.0.0.1:8080", timeout: float = 60.0) -> None:
        """Nothing is sent yet.

        Args:
            url: Where the server answers REST.
            timeout: Seconds that one request may take.
        """
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ready(self) -> bool:
        """Whether a server is there and can search."""
        try:
            return self._http.get("/v2/models/search/ready").is_success
        except httpx.TransportError:
            return False

    @property
    def release(self) -> str:
        """Digest (sha256, hex) of the release that is served now.

        Raises:
            ServiceError: No server answers.
        """
        return str(self._sent("GET", "/release").json()["digest"])

    def encode(self, images: Sequence[Picture]) -> npt.NDArray[np.float32]:
        """Embeds images.

        Args:
            images: Encoded files as bytes, or their paths.

        Returns:
            float32 ``[n, d]``, rows of unit length.

        Raises:
            UserError: A file cannot be read.
            ServiceError: The server refuses an image, or does not answer.
        """
        return np.concatenate([answer["embedding"] for answer in self._answers("encoder", images, {})])

    def search(self, images: Sequence[Picture], k: int = 5) -> list[list[Match]]:
        """Finds the ``k`` images of the index that are most like each of ``images``, best first.

        Args:
            images: Encoded files as bytes, or their paths.
            k: How many to find, from 1 to the number of images in the index.

        Raises:
            UserError: A file cannot be read.
            ServiceError: The server refuses an image or ``k``, or does not answer.
        """
        answers = self._answers("search", images, {"k": k})
        return [row for answer in answers for row in _rows(*(answer[name].tolist() for name in _COLUMNS))]

    def _answers(
        self, model: str, images: Sequence[Picture], parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, npt.NDArray[Any]]]:
        if not images:
            raise UserError("there are no images; pass at least one")
        for start in range(0, len(images), BATCH_SIZE):
            files = [_file(image) for image in images[start : start + BATCH_SIZE]]
            try:
                yield self._infer(model, files, parameters)
            except ServiceError as error:
                # The server counts from the first image of each request.
                raise ServiceError(f"{error} (counted from image {start + 1:,})" if start else str(error)) from error

    def _infer(self, model: str, images: list[bytes], parameters: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
        head, tensor = _request(images, parameters)
        headers = {JSON_LENGTH: str(len(head)), "Content-Type": "application/octet-stream"}
        answer = self._sent("POST", f"/v2/models/{model}/infer", content=head + tensor, headers=headers)
        return _tensors(answer.content, int(answer.headers[JSON_LENGTH]))

    def _sent(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise ServiceError(f"no answer from {self.url} ({error}); is the server running?") from error
        if answer.is_success:
            return answer
        raise ServiceError(f"{self.url} refused: {_reason(answer)}")


@contextmanager
def serving(release: str | Path) -> Iterator[Client]:
    """Serves a release on this machine for as long as the ``with`` block runs.

    Args:
        release: The sealed release folder.

    Yields:
        A client of the server, which listens on a free port of the loopback interface only.

    Raises:
        ServiceError: The server ended before it was ready; the sentence is its own.
    """
    port, command = _free_port(), [sys.executable, "-m", "lookalike_components.serve", "--release", str(release)]
    ports = ["--http-port", str(port), "--grpc-port", str(_free_port())]
    with tempfile.TemporaryFile("w+") as log, Client(f"http://127.0.0.1:{port}") as client:
        process = subprocess.Popen([*command, *ports], stdout=log, stderr=log)
        try:
            if not _is_ready(client, process):
                raise ServiceError(f"the server did not start: {_last_words(log)}")
            yield client
        finally:
            _stop(process)


def matches_of(matches: "Matches") -> list[list[Match]]:
    """The neighbours of each query as `Match`es, from the columns that a release answers."""
    return _rows(matches.ids, matches.uris, matches.labels, matches.scores.tolist())


_COLUMNS = ("ids", "uris", "labels", "scores")


def _rows(*columns: list[list[Any]]) -> list[list[Match]]:
    return [[Match(*found) for found in zip(*row, strict=True)] for row in zip(*columns, strict=True)]


def _file(image: Picture) -> bytes:
    if isinstance(image, bytes):
        return image
    try:
        return Path(image).read_bytes()
    except OSError as error:
        raise UserError(f"{image} cannot be read ({error.strerror}); pass the path of an image file") from error


def _request(images: list[bytes], parameters: Mapping[str, Any]) -> tuple[bytes, bytes]:
    tensor = b"".join(part for image in images for part in (struct.pack("<I", len(image)), image))
    size = {"binary_data_size": len(tensor)}
    image = {"name": "image", "shape": [len(images)], "datatype": "BYTES", "parameters": size}
    head = {"inputs": [image], "parameters": {"binary_data_output": True, **parameters}}
    return json.dumps(head).encode(), tensor


def _tensors(body: bytes, start: int) -> dict[str, npt.NDArray[Any]]:
    tensors = {}
    for output in json.loads(body[:start])["outputs"]:
        end = start + output["parameters"]["binary_data_size"]
        tensors[output["name"]] = _array(output["datatype"], body[start:end]).reshape(output["shape"])
        start = end
    return tensors


def _array(datatype: str, data: bytes) -> npt.NDArray[Any]:
    if datatype == "BYTES":
        return np.array(list(_texts(data)), dtype=object)
    return np.frombuffer(data, {"FP32": np.float32, "BOOL": np.bool_}[datatype])


def _texts(data: bytes) -> Iterator[str]:
    start = 0
    while start < len(data):
        (length,) = struct.unpack_from("<I", data, start)
        start += 4 + length
        yield data[start - length : start].decode()


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, LookupError, TypeError):
        return f"status {answer.status_code} {answer.reason_phrase}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_ready(client: Client, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if client.ready():
            return True
        time.sleep(0.02)
    return False


def _last_words(log: Any) -> str:
    log.seek(0)
    lines = log.read().strip().splitlines() or [f"it was silent for {READY_SECONDS:.0f} s"]
    return str(lines[-1]).rpartition("error: ")[2]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
