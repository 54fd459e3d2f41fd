"""What a cluster is told of each task, as the compiled pipeline says it."""

import yaml

from lookalike.backends.kubeflow.dress import compiled
from lookalike.config import FinetuneConfig

PINNED = {
    kind: f"registry.example/lookalike/{kind}@sha256:{letter * 64}"
    for kind, letter in zip(("cpu", "gpu"), "ab", strict=True)
}


def cluster(**settings):
    return FinetuneConfig.resolve(overrides={"source": "gs://bucket/photos", "cluster": settings}).cluster


def documents(**settings):
    spec, *platform = yaml.safe_load_all(compiled(cluster(**settings)))
    executors = spec["deploymentSpec"]["executors"]
    pods = platform[0]["platforms"]["kubernetes"]["deploymentSpec"]["executors"] if platform else {}
    return spec, {name.removeprefix("exec-"): what["container"] for name, what in executors.items()}, pods


def tasks(dag, components):
    """Every task of the pipeline by its name, those of pipelines within it too."""
    for name, task in dag["dag"]["tasks"].items():
        yield name, task
        inner = components[task["componentRef"]["name"]]
        if "dag" in inner:
            yield from tasks(inner, components)


def test_images_come_from_the_registry_that_is_named():
    _, containers, _ = documents(images={"registry": "europe.example/team", "tag": "2"})
    assert containers["ingest"]["image"] == "europe.example/team/cpu:2"
    assert containers["train"]["image"] == "europe.example/team/gpu:2"
    assert {"name": "LOOKALIKE_IMAGE", "value": "europe.example/team/gpu:2"} in containers["train"]["env"]


def test_every_task_is_dressed():
    _, containers, pods = documents(images=PINNED, defaults={"cpu": "2", "memory": "4Gi"})
    assert len(containers) >= 13
    for name, container in containers.items():
        assert container["image"] in PINNED.values(), name
        assert container["resources"]["resourceMemoryLimit"] == "4Gi", name
        assert container["resources"]["resourceCpuRequest"] == "2", name
        assert pods[f"exec-{name}"]["securityContext"] == {"runAsNonRoot": True}, name


def test_a_step_asks_for_more_than_the_others():
    training = {
        "accelerators": 2,
        "memory": "32Gi",
        "shared_memory": "8Gi",
        "node_selector": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "timeout_seconds": 7200,
        "secrets": {"HF_TOKEN": "models/token"},
    }
    _, containers, pods = documents(defaults={"memory": "4Gi", "cpu": "2"}, steps={"train": training})
    resources, pod = containers["train"]["resources"], pods["exec-train"]
    assert resources["accelerator"]["resourceCount"] == "2"
    assert resources["accelerator"]["resourceType"] == "nvidia.com/gpu"
    assert (resources["resourceMemoryLimit"], resources["resourceCpuLimit"]) == ("32Gi", "2")
    (volume,) = pod["emptyDirMounts"]
    assert (volume["mountPath"], volume["medium"], volume["sizeLimit"]) == ("/dev/shm", "Memory", "8Gi")  # noqa: S108
    assert pod["nodeSelector"]["labels"] == training["node_selector"]
    assert pod["tolerations"] == training["tolerations"]
    assert pod["activeDeadlineSeconds"] == "7200"
    (secret,) = pod["secretAsEnv"]
    assert (secret["secretName"], secret["keyToEnv"]) == ("models", [{"secretKey": "token", "envVar": "HF_TOKEN"}])
    assert "accelerator" not in containers["ingest"]["resources"]
    assert "emptyDirMounts" not in pods["exec-ingest"]


def test_only_the_notice_knows_the_webhook_and_does_without_it():
    _, _, pods = documents(webhook="team-chat/address")
    (secret,) = pods["exec-notify"]["secretAsEnv"]
    assert (secret["secretName"], secret["optional"]) == ("team-chat", True)
    assert secret["keyToEnv"] == [{"secretKey": "address", "envVar": "LOOKALIKE_WEBHOOK"}]
    assert [name for name, pod in pods.items() if "secretAsEnv" in pod] == ["exec-notify"]


def test_a_step_is_tried_again_after_a_pause_that_grows():
    spec, _, _ = documents(steps={"evaluate-candidate": {"retries": 3, "backoff_seconds": 30}})
    policies = {
        name: task["retryPolicy"] for name, task in tasks(spec["root"], spec["components"]) if "retryPolicy" in task
    }
    assert policies == {
        "evaluate-2": {
            "maxRetryCount": 3,
            "backoffDuration": "30s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": "3600s",
        }
    }


def test_what_looks_at_the_world_is_never_taken_from_the_cache():
    spec, _, _ = documents()
    cached = {
        name: bool(task.get("cachingOptions", {}).get("enableCache"))
        for name, task in tasks(spec["root"], spec["components"])
    }
    assert [name for name in ("champion", "plan", "ingest", "compare", "promote", "deploy") if cached[name]] == []
    assert [name for name in ("label", "split", "train", "export") if not cached[name]] == []


def test_the_code_is_part_of_what_the_cache_compares(monkeypatch):
    def command(revision):
        monkeypatch.setenv("LOOKALIKE_REVISION", revision)
        _, containers, _ = documents()
        return {name: container["command"] for name, container in containers.items()}

    before, after = command("abc1234"), command("def5678")
    assert [name for name in before if before[name] == after[name]] == []
    assert command("abc1234") == before
    for *_, source in before.values():
        compile(source, "component", "exec")
        assert source.rstrip().splitlines()[-1].startswith("# lookalike 0.")


def test_the_image_is_part_of_what_the_cache_compares():
    pulled = lambda digest: documents(images={"cpu": f"host/cpu@sha256:{digest * 64}"})[1]["label"]["image"]  # noqa: E731
    assert pulled("a") != pulled("b")
