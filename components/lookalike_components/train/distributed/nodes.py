"""Training on several machines of a cluster, by a TrainJob of Kubeflow Trainer."""

import os
import secrets
from pathlib import Path

from kubernetes import client
from kubernetes import config as kubernetes_config

from lookalike_components import storage
from lookalike_components.dataset import read_table
from lookalike_components.encoder import folder
from lookalike_components.errors import UserError, listed
from lookalike_components.progress import Facts, record
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed import failure
from lookalike_components.train.distributed.order import Order
from lookalike_components.train.distributed.stopping import unwound_when_stopped
from lookalike_components.train.distributed.train_job import TrainJob, TrainJobError, render
from lookalike_components.train.keeping.history import facts_of, read_history
from lookalike_components.train.keeping.written import Written

NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def fine_tune_on_nodes(table_path: str | Path, written: Written, config: TrainConfig) -> Facts:
    """Does what `fine_tune` does, by ``config.processes`` processes on each of ``config.nodes`` machines.

    Args:
        table_path: Image table with labels and subsets; it names shards in a bucket.
        written: What it writes. Beside the encoder's address, which is in a bucket, the machines find their order; the
            history and the TensorBoard events grow at their own addresses, or there too.
        config: What is trained, and by how many.

    Raises:
        UserError: The settings, the table or the cluster's rights have to change.
        LookalikeError: The training failed, or the cluster cannot be reached.
    """
    folder.check_is_new(written.encoder)
    _check_reach(table_path, written.encoder_uri)
    cluster, namespace = _cluster()
    name = f"lookalike-train-{secrets.token_hex(4)}"
    order = Order.below(f"{written.encoder_uri}.{name}", _found_again(config, written), **_elsewhere(written))
    storage.upload(Path(table_path), order.table)
    job = TrainJob(client.CustomObjectsApi(cluster), render(name, namespace, order.arguments(), config))
    _train(job, order, config)
    storage.download_folder(order.encoder, Path(written.encoder))
    if written.tensorboard:
        storage.download_folder(order.tensorboard, Path(written.tensorboard))
    return _kept(order, Path(written.history))


def _found_again(config: TrainConfig, written: Written) -> TrainConfig:
    """The settings, with a place for checkpoints that the next attempt, whose TrainJob has another name, knows too."""
    beside = written.encoder_uri.rpartition("/")[0]
    return config.model_copy(update={"checkpoints": config.checkpoints or beside})


def _elsewhere(written: Written) -> dict[str, str]:
    """What goes to an address of its own, where others look on."""
    addresses = {"history": written.history_uri, "tensorboard": written.tensorboard_uri}
    return {name: uri for name, uri in addresses.items() if uri and storage.local_path(uri) is None}


def _check_reach(table_path: str | Path, uri: str) -> None:
    """Other machines see buckets, not this one's disk."""
    shards = read_table(table_path)["shard"].unique()
    near = [place for place in (uri, *shards) if storage.local_path(place)]
    if near:
        raise UserError(
            f"train.nodes is above 1, but {listed(near, most=2)} cannot be seen from other machines; "
            "keep the artifacts in a bucket, or set train.nodes to 1"
        )


def _cluster() -> tuple[client.ApiClient, str]:
    """A client with this pod's ServiceAccount and the pod's namespace, or with those of the kubeconfig's context."""
    if NAMESPACE.exists():
        settings = client.Configuration()
        kubernetes_config.load_incluster_config(settings)
        return client.ApiClient(settings), NAMESPACE.read_text(encoding="utf-8").strip()
    file = os.environ.get("KUBECONFIG")
    try:
        _, active = kubernetes_config.list_kube_config_contexts(file)
        return kubernetes_config.new_client_from_config(file), active["context"].get("namespace", "default")
    except kubernetes_config.ConfigException as error:
        raise UserError(
            "train.nodes is above 1, but there is no cluster here to create a TrainJob in; "
            "run on Kubeflow, set KUBECONFIG, or set train.nodes to 1"
        ) from error


def _train(job: TrainJob, order: Order, config: TrainConfig) -> None:
    try:
        with unwound_when_stopped(), job.created():
            job.wait()
    except TrainJobError as error:
        raise failure.first(order.failures, config.nodes * config.processes) or error from error


def _kept(order: Order, history_path: Path) -> Facts:
    """Brings the rows of history here, where a local run follows them too."""
    arrived = history_path.with_name(f".{history_path.name}.new")
    storage.download(order.history, arrived)
    rows = read_history(arrived)
    arrived.unlink()
    for row in rows:
        record(history_path, row)
    return facts_of(rows)
