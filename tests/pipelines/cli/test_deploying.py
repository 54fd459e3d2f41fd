"""`lookalike deploy`, `rollback` and `service` as they are typed, against a real API server."""

import json
import os
import subprocess
import sys

import pytest

from lookalike_components import registry, storage
from lookalike_components.release.manifest import EncoderFacts, IndexFacts, Manifest


def manifest_of(name):
    encoder = EncoderFacts(
        model="resnet18", dimension=512, input_size=224, resize="exact", licence="BSD-3-Clause", digest="e" * 64
    )
    facts = {"encoder": encoder, "index": IndexFacts(images=12, labels=3), "threshold": 0.8, "files": {}}
    return Manifest(name=name, created="2026-11-24T09:00:00+00:00", **facts).sealed()


@pytest.fixture
def release(bucket):
    """Puts a release into the registry of a bucket, and gives its digest."""

    def release(name):
        manifest = manifest_of(name)
        uri = storage.join(registry.release_uri(bucket, manifest.digest), "manifest.json")
        storage.write_bytes(uri, manifest.model_dump_json().encode())
        return manifest.digest

    return release


@pytest.fixture
def lookalike(kserve):
    def lookalike(*arguments, **environment):
        where = ["--namespace", kserve.namespace, "--name", "shoes"]
        return subprocess.run(
            [sys.executable, "-m", "lookalike", *map(str, arguments), *where],
            capture_output=True,
            text=True,
            env={**os.environ, "KUBECONFIG": str(kserve.api.kubeconfig), **environment},
            check=False,
        )

    return lookalike


@pytest.mark.slow
def test_a_release_comes_is_tried_promoted_and_rolled_back(lookalike, release, bucket, kserve):
    first, second = release("first"), release("second")
    assert lookalike("deploy", first[:8], "--artifacts", bucket, "--set", "deploy.cpu=500m").returncode == 0
    tried = lookalike("deploy", second[:8], "--artifacts", bucket, "--canary", "10")
    assert tried.stdout.splitlines() == [
        f"{kserve.namespace}/shoes serves release {first[:12]} in Standard mode http://shoes.example.com",
        f"canary: release {second[:12]} gets 10 % of the requests",
    ]
    assert "waits for pods of release" in tried.stderr
    assert f"serves release {second[:12]}" in lookalike("service", "promote").stdout
    told = json.loads(lookalike("service", "show", "--json").stdout)
    assert told["stable"]["storage_uri"] == f"{bucket}/releases/{second}"
    assert [served["release"] for served in told["before"]] == [first]
    assert f"serves release {first[:12]}" in lookalike("rollback").stdout
    gone = lookalike("service", "delete", "--yes")
    assert (gone.returncode, gone.stdout, gone.stderr) == (0, "", "")
    assert lookalike("service", "show").returncode == 2


def test_a_folder_is_deployed_from_where_its_copy_lies(lookalike, tmp_path):
    (tmp_path / "manifest.json").write_text(manifest_of("first").model_dump_json())
    refused = lookalike("deploy", tmp_path)
    assert (refused.returncode, refused.stderr) == (
        2,
        f"error: {tmp_path.as_uri()} is on this machine, where no cluster can read it; "
        "pass the storage_uri of a release in a bucket\n",
    )
    done = lookalike("deploy", tmp_path, "--set", "deploy.storage_uri=gs://bucket/copy", "--no-wait", "--json")
    assert json.loads(done.stdout)["stable"]["storage_uri"] == "gs://bucket/copy"


def test_a_release_that_does_not_get_ready_ends_with_1(lookalike, release, bucket, kserve):
    digest = release("first")
    kserve.starting.add(f"{bucket}/releases/{digest}")
    done = lookalike("deploy", digest, "--artifacts", bucket, "--timeout", "1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"error: {kserve.namespace}/shoes is not ready after 1 s: it waits for pods of release" in done.stderr


def test_no_share_at_all_is_not_taken_for_every_request(lookalike, tmp_path):
    for percent in (0, 100):
        done = lookalike("deploy", tmp_path, "--canary", percent, COLUMNS="200")
        assert done.returncode == 2
        assert "Invalid value for '--canary': Input should be" in done.stderr


def test_a_folder_needs_no_store_where_runs_are_on_a_cluster(lookalike, tmp_path):
    (tmp_path / "manifest.json").write_text(manifest_of("first").model_dump_json())
    arguments = ["--set", "deploy.storage_uri=gs://bucket/copy", "--no-wait"]
    done = lookalike("deploy", f"{tmp_path}/", *arguments, LOOKALIKE_RUNS="https://kubeflow.example.com")
    assert done.returncode == 0, done.stderr


def test_a_settings_file_says_what_flags_do_not(lookalike, tmp_path, kserve):
    (tmp_path / "manifest.json").write_text(manifest_of("first").model_dump_json())
    settings = tmp_path / "cluster.yaml"
    settings.write_text("deploy: {service_account: lookalike-serve, name: hats, max_replicas: 5, cpu: '4'}\n")
    arguments = [
        "--set",
        "deploy.storage_uri=gs://bucket/copy",
        "--set",
        "deploy.cpu=500m",
        "--set",
        "deploy.name=caps",
    ]
    done = lookalike("deploy", tmp_path, "--config", settings, *arguments, "--no-wait", "--json")
    assert json.loads(done.stdout)["name"] == "shoes"  # the flag, which `lookalike` adds
    live = json.loads(kserve.api.kubectl("get", "isvc", "shoes", "-n", kserve.namespace, "-o", "json").stdout)
    predictor = live["spec"]["predictor"]
    assert (predictor["serviceAccountName"], predictor["maxReplicas"]) == ("lookalike-serve", 5)
    assert predictor["model"]["resources"]["limits"]["cpu"] == "500m"


def test_settings_of_other_steps_are_refused(lookalike, tmp_path):
    done = lookalike("deploy", tmp_path, "--set", "train.epochs=3")
    assert (done.returncode, done.stderr) == (
        2,
        "error: --set train.epochs is no setting of step deploy; write --set deploy.FIELD=VALUE\n",
    )


def test_without_a_cluster_it_is_the_users_turn(lookalike, tmp_path):
    done = lookalike("service", "show", KUBECONFIG=str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: no cluster to speak with: ")
    assert "Traceback" not in done.stderr
