"""The runtime that makes the pods of a TrainJob, added to the base."""

import os

import pytest
import yaml
from kustomized import MANIFESTS, built_upon, for_an_old_server, in_namespace
from pod_security import violations

from lookalike_components import containers
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.train_job import render


@pytest.fixture
def documents(tmp_path):
    component = os.path.relpath(MANIFESTS / "components" / "several-nodes", tmp_path / "own")
    return built_upon("base", tmp_path / "own", components=[component], namespace="shop")


@pytest.fixture
def runtime(documents):
    (runtime,) = [document for document in documents if document["kind"] == "TrainingRuntime"]
    return runtime


@pytest.fixture
def node(runtime):
    """The only kind of pod that the runtime makes, by the names that Trainer goes by."""
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    assert job["name"] == "node"
    assert job["template"]["metadata"]["labels"] == {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    return job["template"]["spec"]["template"]["spec"]


def test_a_train_job_can_ask_for_the_runtime(runtime):
    config = TrainConfig(nodes=2, runtime=f"TrainingRuntime/{runtime['metadata']['name']}")
    reference = render("job", "shop", [], config)["spec"]["runtimeRef"]
    assert (reference["kind"], reference["name"]) == (runtime["kind"], runtime["metadata"]["name"])
    assert runtime["apiVersion"].startswith(f"{reference['apiGroup']}/")


def test_its_pods_act_as_the_pipeline_without_a_token(node):
    assert (node["serviceAccountName"], node["automountServiceAccountToken"]) == ("lookalike-pipeline", False)
    (container,) = node["containers"]
    assert (container["name"], container["image"]) == ("node", containers.GPU)


def test_its_pods_are_restricted(node):
    assert violations(node) == []


def test_the_api_server_takes_the_runtime_and_would_take_its_pods(api, documents, node):
    namespace = api.new_namespace("lookalike")
    moved = map(for_an_old_server, in_namespace(documents, namespace))
    api.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(moved))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node", "namespace": namespace}, "spec": node}
    api.kubectl("create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod))
