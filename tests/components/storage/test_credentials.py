"""Who we are: what the environment says (Application Default Credentials), and nothing else."""

import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from lookalike_components import storage
from lookalike_components.storage.bucket import client

TOKEN = "a-token-of-the-pods-own-account"  # noqa: S105
WRITE_AND_READ = """
import sys
from lookalike_components.storage import list_files, read_bytes, write_bytes
write_bytes(sys.argv[1] + "/a", b"abc")
[file] = list_files(sys.argv[1])
assert read_bytes(file.uri) == b"abc"
"""


class MetadataServer(BaseHTTPRequestHandler):
    """What a pod with workload identity finds at metadata.google.internal."""

    def do_GET(self) -> None:
        """Tells of the account, and gives a token for it."""
        account = {
            "email": "lookalike@shop.iam.gserviceaccount.com",
            "aliases": ["default"],
            "scopes": ["cloud-platform"],
        }
        token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        plain = {"universe-domain": "googleapis.com", "project-id": "shop"}
        last = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
        answer = plain.get(last) or json.dumps(token if last == "token" else account)
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "text/plain" if last in plain else "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def metadata_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), MetadataServer) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


def test_a_pod_with_workload_identity_needs_nothing_more(
    watched_bucket: Any, metadata_server: str, tmp_path: Path
) -> None:
    """The same bucket, spoken to as the real service is: with credentials, which come from the metadata server."""
    environment = {**os.environ, "API_ENDPOINT_OVERRIDE": os.environ["STORAGE_EMULATOR_HOST"]}
    for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"):
        environment.pop(name, None)
    environment |= {"GCE_METADATA_HOST": metadata_server, "GCE_METADATA_IP": metadata_server, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WRITE_AND_READ, watched_bucket.uri],
        env=environment | {"CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    asked = [request for request in watched_bucket.requests if request.kind != "other"]
    assert {request.kind for request in asked} == {"upload", "list", "download"}
    assert {request.authorization for request in asked} == {f"Bearer {TOKEN}"}


def test_no_function_takes_credentials() -> None:
    functions = [getattr(storage, name) for name in storage.__all__]
    parameters = {name for function in functions for name in inspect.signature(function).parameters}
    assert parameters == {"uri", "data", "offset", "nbytes", "path", "folder", "parts", "version"}


def test_a_process_that_is_forked_has_a_connection_of_its_own(bucket: str) -> None:
    client().marked_by_the_parent = True
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(hasattr, [None, "x"]) is False
        assert pool.apply(_connection_is_inherited) is False


def _connection_is_inherited() -> bool:
    return hasattr(client(), "marked_by_the_parent")
