"""What `import lookalike` offers: the walkthrough's calls, on infrastructure of one's own."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike import runs as _runs
from lookalike.config import FinetuneConfig, merged
from lookalike.runs import Run
from lookalike_components import storage
from lookalike_components.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.client.models import Model

Picture = str | Path | bytes
RUNS = "LOOKALIKE_RUNS"


def runs_folder(folder: str | Path | None = None) -> Path:
    """Where runs live: the argument, else ``$LOOKALIKE_RUNS``, else ``./runs``."""
    return Path(folder or os.environ.get(RUNS) or "runs")


def fit(
    source: str | Path,
    *,
    name: str = "",
    preset: str = "",
    config: str | Path | None = None,
    artifacts: str = "",
    runs: str | Path | None = None,
    detach: bool = False,
    resume: bool = False,
    **settings: Any,
) -> Run:
    """Fine-tunes an encoder on pictures, compares it with the pretrained one, and releases it where it is better.

    Args:
        source: A folder with one subfolder a label, or a CSV, JSON Lines or Parquet file.
        name: Name of the run; by default the source's name and the next number.
        preset: A packaged preset, such as ``walkthrough``.
        config: A YAML file with settings.
        artifacts: Where shards and a copy of what the run writes go: a folder or ``gs://bucket/prefix``; by default the
            runs folder.
        runs: The runs folder; by default ``$LOOKALIKE_RUNS`` or ``./runs``.
        detach: Return at once instead of waiting for the end; the run outlives this process.
        resume: Go on with a run that failed, from its last finished step.
        settings: Single settings by name (``model="resnet50"``, ``epochs=5``) or by section
            (``train={"epochs": 5}``).

    Returns:
        The run; ask it for ``status()``, ``logs()``, ``metrics()``, ``report``.

    Raises:
        UserError: A setting, a file or a name is not what it should be.
    """
    folder = runs_folder(runs)
    overrides = {"source": str(source), "artifacts": artifacts, **settings}
    file = Path(config) if config else None
    resolved = _anchored(FinetuneConfig.resolve(preset=preset, file=file, overrides=overrides))
    _check_files(resolved)
    run = _runs.start(name or _runs.free_name(str(source), folder), resolved, folder, resume=resume)
    return run if detach else run.wait()


def _anchored(config: FinetuneConfig) -> FinetuneConfig:
    """Local paths made independent of the folder one happens to be in, so that a run can be resumed from anywhere."""
    top = {name: absolute(value) for name, value in config.top().items() if name in {"source", "artifacts"}}
    weights, table = config.section("encoder")["weights"], config.section("label")["table"]
    paths = {**top, "encoder": {"weights": absolute(weights)}, "label": {"table": absolute(table)}}
    return FinetuneConfig.model_validate(merged(config.model_dump(), paths))


def _check_files(config: FinetuneConfig) -> None:
    """Makes sure of what a run would miss minutes later; what is not on this machine is left to the steps."""
    from lookalike_components.ingest.sources import check_exists

    check_exists(config.source)
    weights = config.section("encoder")["weights"]
    path = storage.local_path(weights)
    if weights and path is not None and not path.is_file():
        raise UserError(f"the weights file {path} does not exist; pass one, or leave it out for torchvision's own")


def absolute(uri: str | Path) -> str:
    """A local path made independent of the folder one happens to be in; other URIs, and none, as they are."""
    path = storage.local_path(str(uri))
    return str(path.absolute()) if uri and path is not None else str(uri)


def get_run(name: str, runs: str | Path | None = None) -> Run:
    """An existing run; raises UserError for an unknown name."""
    return _runs.find(name, runs_folder(runs))


def list_runs(runs: str | Path | None = None) -> list[Run]:
    """All runs, oldest first."""
    return _runs.all_runs(runs_folder(runs))


def delete_run(name: str, runs: str | Path | None = None) -> None:
    """Removes a run and what it wrote; raises UserError while it is under way."""
    get_run(name, runs).backend.delete(name)


def get_model(artifact: str | Path | Run) -> "Model":
    """The encoder of a run, of a release's folder or of an encoder's folder.

    Raises:
        UserError: There is neither a release nor an encoder in that folder.
    """
    from lookalike.client.models import open_model

    return open_model(Path(artifact.artifact_id if isinstance(artifact, Run) else artifact))


def build_model(model: str, weights: str = "", input_size: int = 0) -> "Model":
    """The pretrained encoder, as it was before any fine-tuning."""
    from lookalike.client.models import pretrained

    return pretrained(model, weights, input_size)


def encode(model: "Model", data: Sequence[Picture]) -> "npt.NDArray[np.float32]":
    """Embeds pictures.

    Args:
        model: From `get_model` or `build_model`.
        data: Files' paths, URIs, or encoded bytes.

    Returns:
        float32 ``[n, dimension]``, each row of length 1, in the order of ``data``.

    Raises:
        UserError: A picture cannot be read; the sentence names it.
    """
    return model.encode([picture_bytes(picture) for picture in data])


def picture_bytes(picture: Picture) -> bytes:
    """The encoded bytes of a picture, and the certainty that it is one.

    Raises:
        UserError: There is no such file, or it holds no picture.
    """
    from lookalike_components.pixels import BrokenImage, inspect

    data = picture if isinstance(picture, bytes) else storage.read_bytes(str(picture))
    try:
        inspect(data)
    except BrokenImage as error:
        raise UserError(f"{'the picture' if isinstance(picture, bytes) else picture} {error}") from error
    return data
