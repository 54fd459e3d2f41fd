"""A server with token and TLS, as a process, over REST and gRPC."""

import base64
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import guarded_grpc_client as remote
import httpx
import numpy as np
import pytest
import trustme

from conftest import free_port
from lookalike.client.service import serving
from lookalike_components.serve.access.rest import OPEN_PATHS

TOKEN = "token-of-the-first-day"  # noqa: S105
NEXT = "token-of-the-second-day"


@dataclass(frozen=True)
class Guarded:
    http: httpx.Client
    grpc: str
    token_file: Path
    authority: str


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, release_folder: Path) -> Iterator[Guarded]:
    folder, authority, grpc = tmp_path_factory.mktemp("guarded"), trustme.CA(), f"localhost:{free_port()}"
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "tls.key"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "tls.crt"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "token").write_text(TOKEN)
    options = ["--tls-certificate", f"{folder}/tls.crt", "--tls-key", f"{folder}/tls.key"]
    options += ["--token-file", f"{folder}/token", "--grpc-port", grpc.split(":")[1]]
    trusting = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    with (
        serving(release_folder, options, ca_file=folder / "ca.pem") as client,
        httpx.Client(base_url=client.url, verify=trusting, headers={"Authorization": f"Bearer {TOKEN}"}) as http,
    ):
        yield Guarded(http, grpc, folder / "token", str(folder / "ca.pem"))


@pytest.fixture
def no_token(guarded: Guarded) -> dict[str, str]:
    return {"Authorization": ""}


def v1(guarded, picture, **headers):
    body = {"instances": [{"b64": base64.b64encode(picture).decode()}]}
    return guarded.http.post("/v1/models/encoder:predict", json=body, headers=headers)


def test_rest_answers_who_bears_the_token(guarded, pictures, release):
    answer = v1(guarded, pictures[0]).json()
    np.testing.assert_array_equal(
        np.array(answer["predictions"][0]["embedding"], np.float32), release.encode(pictures[:1])[0]
    )


def test_every_route_but_the_open_ones_wants_the_token(guarded, no_token):
    described = guarded.http.get("/openapi.json").json()["paths"]
    paths = [re.sub(r"\{[^}]+\}", "search", path) for path in described]
    paths += ["/v1/models/encoder:predict", "/v2/models/search/infer", "/openapi.json", "/nowhere"]
    closed = [path for path in paths if not re.fullmatch("|".join(OPEN_PATHS), path)]
    assert {"/release", "/index", "/index/labels", "/v2/models/search"} <= set(closed)
    assert {guarded.http.get(path, headers=no_token).status_code for path in closed} == {401}
    assert {guarded.http.post(path, headers=no_token).status_code for path in paths} == {401}


@pytest.mark.parametrize("path", ["/metrics", "/v2/health/live", "/v2/health/ready", "/v2/models/search/ready"])
def test_probes_and_metrics_want_none(guarded, no_token, path):
    assert guarded.http.get(path, headers=no_token).status_code == 200


def test_refusals_are_counted(guarded, no_token):
    def count():
        found = re.search(
            r'^lookalike_rejected_total\{reason="token"\} (\S+)$', guarded.http.get("/metrics").text, re.M
        )
        return float(found[1]) if found else 0.0

    before = count()
    assert guarded.http.get("/release", headers=no_token).status_code == 401
    assert count() == before + 1


def test_grpc_answers_who_bears_the_token_and_tells_who_does_not(guarded, other_process, pictures, release):
    def ask(*arguments):
        return other_process.submit(remote.infer, guarded.grpc, pictures, *arguments).result(timeout=60)

    np.testing.assert_array_equal(ask(TOKEN, guarded.authority), release.encode(pictures))
    missing = "this server asks for a token; send it in the header Authorization: Bearer TOKEN"
    assert ask("", guarded.authority) == ("StatusCode.UNAUTHENTICATED", missing)
    assert ask(NEXT, guarded.authority)[0] == "StatusCode.UNAUTHENTICATED"
    assert ask(TOKEN)[0] in {"StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED"}  # without TLS


def test_grpc_probes_want_no_token(guarded, other_process):
    found = other_process.submit(remote.is_ready, guarded.grpc, guarded.authority).result(timeout=60)
    assert found == (True, True, True)


def test_a_token_is_exchanged_while_the_server_runs(guarded, pictures):
    guarded.token_file.write_text(f"{TOKEN}\n{NEXT}\n")
    try:
        assert v1(guarded, pictures[0]).is_success
        assert v1(guarded, pictures[0], Authorization=f"Bearer {NEXT}").is_success
        guarded.token_file.write_text(NEXT)
        assert v1(guarded, pictures[0]).status_code == 401
    finally:
        guarded.token_file.write_text(TOKEN)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--token-file", "/nowhere"], "the token file /nowhere cannot be read: No such file or directory"),
        (["--tls-key", "/nowhere"], "a certificate and its key go together; pass both --tls-certificate and --tls-key"),
    ],
)
def test_a_server_that_could_not_keep_its_promise_does_not_start(release_folder, options, sentence):
    ports = ["--http-port", "0", "--grpc-port", str(free_port())]
    command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(release_folder), *ports, *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    assert f"error: {sentence}" in run.stderr
