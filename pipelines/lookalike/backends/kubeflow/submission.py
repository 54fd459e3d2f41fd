"""Handing the pipeline to Kubeflow."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lookalike.backends.kubeflow import artifacts
from lookalike.backends.kubeflow.connection import Connection
from lookalike.backends.kubeflow.dress import compiled
from lookalike.config import FinetuneConfig
from lookalike_components import storage
from lookalike_components.errors import UserError, listed

OURS = {"source", "artifacts", "seed", "encoder_model"}


def parameters_of(run: Any) -> dict[str, Any]:
    """The pipeline's parameters in a run or a recurring run."""
    return (run.runtime_config.parameters if run.runtime_config else None) or {}


def is_ours(run: Any) -> bool:
    """Whether this pipeline runs there: an installation has those of others too, and ours has had other versions."""
    return parameters_of(run).keys() >= OURS


def create(connection: Connection, name: str, config: FinetuneConfig) -> None:
    """Compiles the pipeline and starts it as a run.

    Raises:
        UserError: The settings name no store, or Kubeflow refuses.
    """
    check(config)
    arguments = {**of_every_run(config), "experiment_id": experiment(connection, config), "job_name": name}
    with TemporaryDirectory() as folder:
        package = Path(folder) / "finetune.yaml"
        package.write_text(compiled(config.cluster), encoding="utf-8")
        connection.write(
            "create runs", lambda: connection.client.run_pipeline(pipeline_package_path=str(package), **arguments)
        )


def retry(connection: Connection, name: str, run: Any, config: FinetuneConfig) -> None:
    """Lets a run that failed go on; what has succeeded is not done again.

    Raises:
        UserError: It has not failed, or had other settings.
    """
    if run.state not in {"FAILED", "CANCELED"}:
        what = "has finished; there is nothing to resume" if run.state == "SUCCEEDED" else "is still running"
        raise UserError(f"{name} {what}")
    before, now = parameters_of(run), config.parameters()
    if changed := sorted(field for field in now if before.get(field) != now[field]):
        raise UserError(
            f"{name} was started with other settings ({listed(changed)}); "
            "resume it with the same, or choose another --name"
        )
    api = connection.client._run_api
    connection.write("retry runs", lambda: api.run_service_retry_run(run.run_id))


def check(config: FinetuneConfig) -> None:
    """Makes sure of what pods would miss, and warns of what Kubeflow's cache would miss.

    Raises:
        UserError: There is no store that pods could write to, or fewer accelerators than training has processes.
    """
    if not config.artifacts:
        raise UserError("a run on Kubeflow needs a store that its pods reach; pass --artifacts gs://bucket/prefix")
    _check_accelerators(config)
    for path in _paths_of_this_machine(config):
        _warn(f"{path} is a path of this machine; it has to be mounted into the pods under the same name")
    for reference in config.cluster.images.unpinned():
        _warn(
            f"the image {reference} is not pinned by its digest; Kubeflow may take an older image's results "
            "from its cache; set cluster.images to HOST/PATH@sha256:DIGEST"
        )


def _check_accelerators(config: FinetuneConfig) -> None:
    """Each process of a training takes an accelerator of its own; with several nodes its pod has none of them."""
    training, found = config.section("train"), config.cluster.pod("train").accelerators
    if training["nodes"] == 1 and 0 < found < training["processes"]:
        raise UserError(
            f"train.processes is {training['processes']}, but cluster.steps.train.accelerators is {found}; "
            "give each process one"
        )


def _paths_of_this_machine(config: FinetuneConfig) -> list[str]:
    """What a laptop's run would find, and a pod will not unless it is mounted."""
    label, encoder = config.section("label"), config.section("encoder")
    places = [config.source, config.artifacts, encoder["weights"], label["table"], label["corrections"]]
    return [place for place in places if place and storage.local_path(place) is not None]


def experiment(connection: Connection, config: FinetuneConfig) -> str:
    """Number of the experiment that runs are listed under; it is made where there is none."""
    name, namespace = config.cluster.experiment, connection.namespace
    found = connection.write(
        "create experiments", lambda: connection.client.create_experiment(name, namespace=namespace)
    )
    return str(found.experiment_id)


def of_every_run(config: FinetuneConfig) -> dict[str, Any]:
    """What a single run and a recurring one are both told."""
    return {
        "params": config.parameters(),
        "pipeline_root": artifacts.root_of(config.artifacts),
        "service_account": config.cluster.service_account or None,
    }


def _warn(message: str) -> None:
    sys.stderr.write(f"warning: {message}\n")
