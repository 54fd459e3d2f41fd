"""The server's image answers under the rights that a strict cluster gives it."""

import base64
import re
import shutil
from pathlib import Path

import httpx
import pytest
from podman import HARDENED, Podman
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from lookalike_components.release.runtime import Release

pytestmark = pytest.mark.slow


@pytest.fixture
def mounted(release_folder, tmp_path) -> Path:
    """A release that any user may read; tests may run as root, whose folders others cannot enter."""
    tmp_path.chmod(0o755)
    return Path(shutil.copytree(release_folder, tmp_path / "release"))


@retry(retry=retry_if_exception_type(httpx.HTTPError), stop=stop_after_delay(60), wait=wait_fixed(0.2), reraise=True)
def wait_until_ready(url: str) -> None:
    httpx.get(f"{url}/v2/models/search/ready").raise_for_status()


@pytest.fixture
def server(podman: Podman, serve_image, mounted):
    """URL of a container of the image: no right, no disk but memory, one gigabyte."""
    limits = [*HARDENED, "--memory=1g", "--cpus=1", "--publish=127.0.0.1::8080"]
    container = podman("run", "--detach", *limits, f"--volume={mounted}:/mnt/models:ro", serve_image).strip()
    url = f"http://{podman('port', container, '8080/tcp').strip()}"
    try:
        wait_until_ready(url)
        yield url
        podman("stop", "--time=20", container)
        assert podman("inspect", "--format", "{{.State.ExitCode}}", container) == "0\n", podman("logs", container)
    finally:
        podman("rm", "--force", container)


def test_a_request_is_answered_and_the_server_stops_when_told(server, pictures, release_folder):
    body = {"instances": [{"b64": base64.b64encode(pictures[1]).decode()}], "parameters": {"k": 2}}
    answer = httpx.post(f"{server}/v1/models/search:predict", json=body).json()
    assert answer["predictions"][0]["ids"][0] == "picture-1"
    assert answer["release"] == Release.open(release_folder).manifest.digest


def test_without_a_release_it_says_so_and_ends(podman, serve_image):
    ended = podman.started("run", "--rm", "--network=none", *HARDENED, serve_image)
    assert ended.returncode == 2
    assert re.search(r"error: /mnt/models is not a release", ended.stderr)
