"""Where weights lie on this machine once they have been fetched; loads without torch."""

import os
from collections.abc import Iterator
from pathlib import Path

from lookalike_components.encoder.backbones import weights_file

CACHE = "LOOKALIKE_CACHE"


def cache_folder() -> Path:
    """Where fetched weights are kept."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "lookalike") / "weights"


def kept(model: str) -> Iterator[Path]:
    """The files on this machine that hold the published weights of ``model``, ours before torch hub's."""
    name = weights_file(model)
    return (path for path in (cache_folder() / name, _hub() / "checkpoints" / name) if path.is_file())


def _hub() -> Path:
    """The folder of torch hub, by torch's own rule."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TORCH_HOME") or caches / "torch").expanduser() / "hub"
