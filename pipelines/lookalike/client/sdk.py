"""What `import lookalike` offers: the walkthrough's calls, on infrastructure of one's own."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike import runs as _runs
from lookalike.backends.kubeflow import is_kubeflow
from lookalike.config import FinetuneConfig, merged
from lookalike.runs import Place, Run, repeating
from lookalike_components import storage
from lookalike_components.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.backends.kubeflow.connection import Connection
    from lookalike.backends.kubeflow.schedules import Schedule
    from lookalike.client.models import Model

Picture = str | Path | bytes
RUNS = "LOOKALIKE_RUNS"


def runs_folder(folder: str | Path | None = None) -> Path:
    """Where local runs live: the argument, else ``$LOOKALIKE_RUNS``, else ``./runs``.

    Raises:
        UserError: That is an address of Kubeflow.
    """
    place = place_of_runs(folder)
    if not isinstance(place, Path):
        raise UserError(f"{place} is no folder of runs; pass one with --runs, or use `lookalike submit`")
    return place


def place_of_runs(place: Place | None = None) -> Place:
    """Where runs are: the argument, else ``$LOOKALIKE_RUNS``, else ``./runs``; Kubeflow's address is left as it is."""
    place = str(place or os.environ.get(RUNS) or "runs")
    return place if is_kubeflow(place) else Path(place)


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
    seeds: int = 1,
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
        seeds: Trainings in all, each with other chance, one after the other; the further ones are runs of their own.
        settings: Single settings by name (``model="resnet50"``, ``epochs=5``) or by section
            (``train={"epochs": 5}``).

    Returns:
        The run; ask it for ``status()``, ``logs()``, ``metrics()``, ``report``, and with more seeds for ``spread()``.

    Raises:
        UserError: A setting, a file or a name is not what it should be.
    """
    given: dict[str, Any] = {"preset": preset, "config": config, "artifacts": artifacts, "runs": runs, **settings}
    run = begin(source, name=name, detach=detach, resume=resume, seeds=seeds, **given)
    if detach:
        return run
    run.wait()
    for number in range(1, seeds):
        run.repeat(number).wait()
    return run


def begin(
    source: str | Path,
    *,
    name: str = "",
    preset: str = "",
    config: str | Path | None = None,
    artifacts: str = "",
    runs: str | Path | None = None,
    detach: bool = False,
    resume: bool = False,
    seeds: int = 1,
    **settings: Any,
) -> Run:
    """Starts what `fit` waits for, and returns at once: the first run, if there is to be more than one.

    Raises:
        UserError: As `fit` does, before anything runs.
    """
    folder = runs_folder(runs)
    resolved = _resolved(preset, config, {"source": str(source), "artifacts": artifacts, **settings})
    _check_files(resolved)
    if seeds <= 1:
        return _runs.start(name, resolved, folder, resume=resume)
    if detach:
        raise UserError(
            "--seeds trains one run after the other and has to be waited for; leave --detach out, or start it in the "
            "background (nohup, tmux)"
        )
    return repeating.start(name, resolved, folder, seeds, resume=resume)


def submit(
    source: str | Path,
    *,
    name: str = "",
    preset: str = "",
    config: str | Path | None = None,
    artifacts: str = "",
    runs: Place | None = None,
    resume: bool = False,
    **settings: Any,
) -> Run:
    """Hands the pipeline to the place where runs are, such as Kubeflow, and returns at once.

    Args:
        source: What `fit` takes, as the pods of the cluster can reach it: ``gs://bucket/photos``.
        name: Name of the run; by default the source's name and the next number.
        preset: A packaged preset, such as ``walkthrough``.
        config: A YAML file with settings; its section ``cluster`` says what the pods ask for.
        artifacts: Where shards, artifacts and releases go: ``gs://bucket/prefix``.
        runs: ``https://host/...`` of Kubeflow Pipelines, or ``kubeflow`` for the cluster around this pod or in
            kubeconfig; by default ``$LOOKALIKE_RUNS``.
        resume: Go on with a run that failed.
        settings: Single settings, as in `fit`.

    Returns:
        The run; it answers what a local one does.

    Raises:
        UserError: A setting, a file or a name is not what it should be, or Kubeflow refuses.
        LookalikeError: Kubeflow cannot be reached.
    """
    resolved = _resolved(preset, config, {"source": str(source), "artifacts": artifacts, **settings})
    place = place_of_runs(runs)
    if isinstance(place, Path):
        _check_files(resolved)
    return _runs.start(name, resolved, place, resume=resume)


def schedule(
    name: str,
    source: str | Path,
    *,
    cron: str = "",
    every: str = "",
    preset: str = "",
    config: str | Path | None = None,
    artifacts: str = "",
    runs: Place | None = None,
    **settings: Any,
) -> "Schedule":
    """Lets Kubeflow run the pipeline by the clock, against the champion unless ``challenge=False``.

    Args:
        name: Name of the schedule. Another one of this name is replaced; the same again changes nothing.
        source: As in `submit`; each run brings in what is new there.
        cron: When: minute, hour, day, month, weekday, such as ``0 3 * * *``.
        every: When, instead: 30m, 12h, 1d, 1w.
        preset: As in `submit`.
        config: As in `submit`.
        artifacts: As in `submit`; the champion is kept there.
        runs: As in `submit`.
        settings: Single settings, as in `fit`.

    Raises:
        UserError: A setting or the time is not what it should be, or Kubeflow refuses.
        LookalikeError: Kubeflow cannot be reached.
    """
    overrides = {"source": str(source), "artifacts": artifacts, "challenge": True, **settings}
    resolved = _resolved(preset, config, overrides)
    from lookalike.backends.kubeflow import schedules

    return schedules.schedule(_cluster(runs, resolved.cluster.namespace), name, resolved, cron, every)


def unschedule(name: str, runs: Place | None = None) -> None:
    """Ends a schedule; its runs stay. Raises UserError for an unknown name."""
    from lookalike.backends.kubeflow import schedules

    schedules.unschedule(_cluster(runs), name)


def list_schedules(runs: Place | None = None) -> "list[Schedule]":
    """The schedules of this pipeline, by name."""
    from lookalike.backends.kubeflow import schedules

    return schedules.schedules(_cluster(runs))


def _cluster(runs: Place | None, namespace: str = "") -> "Connection":
    from lookalike.backends.kubeflow.connection import Connection

    place = place_of_runs(runs)
    if isinstance(place, Path):
        raise UserError(
            f"only Kubeflow runs by the clock, and {place} is a folder; pass --runs https://... or kubeflow"
        )
    return Connection(place, namespace)


def _resolved(preset: str, config: str | Path | None, overrides: dict[str, Any]) -> FinetuneConfig:
    file = Path(config) if config else None
    return _anchored(FinetuneConfig.resolve(preset=preset, file=file, overrides=overrides))


def _anchored(config: FinetuneConfig) -> FinetuneConfig:
    """Local paths made independent of the folder one happens to be in, so that a run can be resumed from anywhere."""
    top = {name: absolute(value) for name, value in config.top().items() if name in {"source", "artifacts"}}
    weights, table = config.section("encoder")["weights"], config.section("label")["table"]
    paths = {**top, "encoder": {"weights": absolute(weights)}, "label": {"table": absolute(table)}}
    return FinetuneConfig.model_validate(merged(config.model_dump(exclude_unset=True), paths))


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


def get_run(name: str, runs: Place | None = None) -> Run:
    """An existing run; raises UserError for an unknown name."""
    return _runs.find(name, place_of_runs(runs))


def list_runs(runs: Place | None = None) -> list[Run]:
    """All runs, oldest first."""
    return _runs.all_runs(place_of_runs(runs))


def delete_run(name: str, runs: Place | None = None) -> None:
    """Removes a run; raises UserError while it is under way. What a cluster's run wrote stays in its store."""
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
