"""Several nodes train by a TrainJob, against a real API server; the test plays the controller of Kubeflow Trainer."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kubernetes import client, watch
from kubernetes_api import KubernetesApi, create_definitions
from object_storage import free_port

from lookalike_components import storage
from lookalike_components.dataset import write_table
from lookalike_components.encoder import folder
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.dispatch import dispatch
from lookalike_components.train.distributed import train_job
from lookalike_components.train.distributed.failure import Failure
from lookalike_components.train.keeping.tensorboard import FILE
from lookalike_components.train.keeping.written import Written

DEFINITION = Path(__file__).parents[3] / "fixtures" / "trainer" / "trainjobs.yaml"
KIND = ("trainer.kubeflow.org", "v1alpha1")
Job = dict[str, Any]
Outcome = tuple[str, str, str]


@pytest.fixture(scope="session")
def trainer_api(kubernetes_api: KubernetesApi) -> KubernetesApi:
    """The API server, which knows TrainJobs too."""
    create_definitions(kubernetes_api, [DEFINITION])
    return kubernetes_api


@pytest.fixture
def namespace(trainer_api: KubernetesApi, monkeypatch: pytest.MonkeyPatch) -> str:
    """A namespace of the test's own, which the kubeconfig of the environment points to."""
    name = trainer_api.new_namespace("train")
    monkeypatch.setenv("KUBECONFIG", str(trainer_api.kubeconfig_for(trainer_api.tokens["admin"], name)))
    monkeypatch.setattr(train_job, "SECONDS_BETWEEN_LOOKS", 0.1)
    return name


@pytest.fixture
def table(rows: pd.DataFrame, tmp_path: Path, bucket: str) -> Path:
    """The image table, with its shards in a bucket."""
    moved = {shard: storage.join(bucket, "shards", Path(shard).name) for shard in rows["shard"].unique()}
    for shard, uri in moved.items():
        storage.upload(Path(shard), uri)
    write_table(rows.assign(shard=rows["shard"].map(moved)), tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


@pytest.fixture
def config(weights: Path) -> TrainConfig:
    resources = {"nvidia.com/gpu": 1.0, "memory": "8Gi"}
    few = {"epochs": 1, "classes_per_batch": 4, "images_per_class": 4, "nodes": 2, "node_resources": resources}
    few |= {"variants": []}
    return TrainConfig(model="resnet18", input_size=32, weights=str(weights), **few)


@pytest.fixture
def arguments(table: Path, tmp_path: Path, config: TrainConfig, bucket: str) -> list[Any]:
    """What a training is called with."""
    addresses = (storage.join(bucket, "kfp", name) for name in ("encoder", "history", "tensorboard"))
    paths = (tmp_path / name for name in ("encoder", "history.jsonl", "tensorboard"))
    return [table, Written(*paths, *addresses), config]


class Controller:
    """Acts on the first TrainJob of a namespace as Kubeflow Trainer would."""

    def __init__(self, api: KubernetesApi, namespace: str) -> None:
        self.objects = client.CustomObjectsApi(api.client())
        self.place = (*KIND, namespace, "trainjobs")

    def jobs(self) -> list[Job]:
        return list(self.objects.list_namespaced_custom_object(*self.place)["items"])

    def plays(self, act: Callable[[Job], Outcome]) -> Job:
        """Waits for a TrainJob, acts on it, and writes what the act returns into its status: type, reason, message."""
        events = watch.Watch().stream(self.objects.list_namespaced_custom_object, *self.place, timeout_seconds=60)
        job: Job = next(event["object"] for event in events)
        counts = {"active": 1, "ready": 1, "succeeded": 0, "failed": 0, "suspended": 0}
        self._report(job, jobsStatus=[{"name": "node", **counts}])
        kind, reason, message = act(job)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        condition = {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
        self._report(job, conditions=[condition])
        return job

    def _report(self, job: Job, **status: object) -> None:
        name = job["metadata"]["name"]
        self.objects.patch_namespaced_custom_object_status(*self.place, name, {"status": status})


def run_pods(job: Job) -> Outcome:
    """Runs what the pods of a TrainJob would run, in the environment that the torch runtime gives them."""
    trainer, port = job["spec"]["trainer"], free_port()
    everywhere = {
        "PET_NNODES": str(trainer["numNodes"]),
        "PET_NPROC_PER_NODE": str(trainer["numProcPerNode"]),
        "PET_MASTER_ADDR": "127.0.0.1",
        "PET_MASTER_PORT": str(port),
        **{each["name"]: each["value"] for each in trainer["env"]},
    }
    command = [sys.executable, *trainer["command"][1:], *trainer["args"]]
    pods = [
        subprocess.Popen(command, env={**os.environ, **everywhere, "PET_NODE_RANK": str(rank)})
        for rank in range(trainer["numNodes"])
    ]
    codes = [pod.wait() for pod in pods]
    if any(codes):
        return "Failed", "FailedJobs", "jobset failed due to one or more job failures"
    return "Complete", "AllJobsCompleted", "jobset completed successfully"


@pytest.fixture
def controller(trainer_api: KubernetesApi, namespace: str) -> Controller:
    return Controller(trainer_api, namespace)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.mark.slow
def test_two_nodes_bring_an_encoder_back(
    controller: Controller, arguments: list[Any], tmp_path: Path, pool: ThreadPoolExecutor, capfd
):
    played = pool.submit(controller.plays, run_pods)
    facts = dispatch(*arguments)
    assert facts["steps"] == 2
    assert folder.load(tmp_path / "encoder").config.dimension == 512
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 3
    assert (tmp_path / "tensorboard" / FILE).stat().st_size > 0
    assert storage.read_bytes(arguments[1].history_uri) == (tmp_path / "history.jsonl").read_bytes()
    assert played.result()["spec"]["trainer"]["numNodes"] == 2
    assert controller.jobs() == []
    assert "jobs of the TrainJob: node active 1, ready 1" in capfd.readouterr().err


def test_the_cluster_takes_the_job_as_it_is(controller: Controller, namespace: str, config: TrainConfig, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_IMAGE", "registry/lookalike/gpu@sha256:0")
    monkeypatch.setenv("KFP_POD_NAME", "finetune-1-train")
    monkeypatch.setenv("KFP_POD_UID", "1-2-3")
    by_four = config.model_copy(update={"processes": 4})
    rendered = train_job.render("lookalike-train-1", namespace, ["--table=gs://b/t"], by_four)
    controller.objects.create_namespaced_custom_object(*controller.place, rendered)
    (job,) = controller.jobs()
    assert job["spec"] == {**rendered["spec"], "suspend": False}  # the schema has dropped nothing
    assert job["spec"]["runtimeRef"]["name"] == "torch-distributed"
    assert (job["spec"]["trainer"]["numNodes"], job["spec"]["trainer"]["numProcPerNode"]) == (2, 4)
    assert job["spec"]["trainer"]["image"] == "registry/lookalike/gpu@sha256:0"
    assert job["spec"]["trainer"]["resourcesPerNode"]["limits"] == {"nvidia.com/gpu": "1", "memory": "8Gi"}
    assert job["metadata"]["ownerReferences"][0]["name"] == "finetune-1-train"


def test_a_namespace_may_have_a_runtime_of_its_own(config: TrainConfig):
    own = config.model_copy(update={"runtime": "TrainingRuntime/gpu-pool"})
    reference = train_job.render("lookalike-train-1", "default", [], own)["spec"]["runtimeRef"]
    assert (reference["kind"], reference["name"]) == ("TrainingRuntime", "gpu-pool")


def test_a_job_that_failed_is_told_in_the_clusters_words_and_left(
    controller: Controller, arguments: list[Any], namespace: str, pool: ThreadPoolExecutor
):
    pool.submit(controller.plays, lambda _job: ("Failed", "DeadlineExceeded", "it took too long"))
    with pytest.raises(LookalikeError) as error:
        dispatch(*arguments)
    (job,) = controller.jobs()
    assert str(error.value) == (
        f"TrainJob {namespace}/{job['metadata']['name']} failed (DeadlineExceeded: it took too long); "
        "`kubectl describe trainjob` and the logs of its pods tell more"
    )


def test_what_a_node_refused_is_the_sentence(controller: Controller, arguments: list[Any], pool: ThreadPoolExecutor):
    def refuse(job: Job) -> Outcome:
        (failures,) = [part for part in job["spec"]["trainer"]["args"] if part.startswith("--failures=")]
        Failure.of(UserError("lower the rate")).write(failures.removeprefix("--failures="))
        return "Failed", "FailedJobs", "jobset failed"

    pool.submit(controller.plays, refuse)
    with pytest.raises(UserError, match=r"^lower the rate$"):
        dispatch(*arguments)


@pytest.mark.slow
def test_a_step_that_is_stopped_takes_its_job_along(controller: Controller, arguments: list[Any]):
    code = """if True:
        import pickle, sys
        from lookalike_components.train.dispatch import dispatch
        dispatch(*pickle.load(sys.stdin.buffer))
    """
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as training:
        assert training.stdin
        training.stdin.write(pickle.dumps(arguments))
        training.stdin.close()

        def stop(_job: Job) -> Outcome:
            training.send_signal(signal.SIGTERM)
            assert training.wait(60) == 128 + signal.SIGTERM
            return "Complete", "TooLate", "nobody looks any more"

        with pytest.raises(client.ApiException) as error:
            controller.plays(stop)
    assert error.value.status == 404
    assert controller.jobs() == []


def test_a_job_that_somebody_deletes_is_told(controller: Controller, arguments: list[Any], pool: ThreadPoolExecutor):
    def delete(job: Job) -> Outcome:
        controller.objects.delete_namespaced_custom_object(*controller.place, job["metadata"]["name"])
        return "Complete", "TooLate", "it is gone"

    pool.submit(controller.plays, delete)
    with pytest.raises(
        UserError, match=r" cannot be watched \(.+ not found\); somebody has deleted it; run the step again$"
    ):
        dispatch(*arguments)


def test_whoever_may_not_create_a_job_is_told_what_is_lacking(
    trainer_api: KubernetesApi, namespace: str, arguments: list[Any], monkeypatch
):
    stranger = trainer_api.kubeconfig_for(trainer_api.tokens["stranger"], namespace)
    monkeypatch.setenv("KUBECONFIG", str(stranger))
    with pytest.raises(UserError) as error:
        dispatch(*arguments)
    assert 'User "stranger" cannot create resource "trainjobs"' in str(error.value)
    assert str(error.value).endswith(
        "; bind a Role with create, get and delete of trainjobs.trainer.kubeflow.org to it"
    )


def test_a_cluster_without_kubeflow_trainer_is_told(kubernetes_api: KubernetesApi, arguments: list[Any], monkeypatch):
    namespace = kubernetes_api.new_namespace("bare")
    monkeypatch.setenv("KUBECONFIG", str(kubernetes_api.kubeconfig_for(kubernetes_api.tokens["admin"], namespace)))
    monkeypatch.setattr(train_job, "PLURAL", "trainjobs-that-nobody-defined")
    with pytest.raises(UserError, match=r"; install Kubeflow Trainer v2 in the cluster, or set train.nodes to 1$"):
        dispatch(*arguments)


def test_without_a_cluster_nothing_is_tried(arguments: list[Any], tmp_path: Path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(UserError) as error:
        dispatch(*arguments)
    assert str(error.value) == (
        "train.nodes is above 1, but there is no cluster here to create a TrainJob in; "
        "run on Kubeflow, set KUBECONFIG, or set train.nodes to 1"
    )


def test_what_lies_on_this_disk_is_out_of_reach(arguments: list[Any], rows: pd.DataFrame):
    write_table(rows, arguments[0])
    with pytest.raises(UserError) as error:
        dispatch(*arguments)
    assert str(error.value) == (
        f"train.nodes is above 1, but {rows['shard'].iloc[0]} cannot be seen from other machines; "
        "keep the artifacts in a bucket, or set train.nodes to 1"
    )
