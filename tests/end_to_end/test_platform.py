"""The whole story of a platform team: Kubeflow runs what it is handed, KServe serves what won, and nothing worse.

Kubeflow is a double of its API; kfp.local runs the very pipeline that it was handed, the steps that need no torch in
their image. The Kubernetes API server is a real one, on which a test plays KServe's controller.
"""

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml
from kserve_controller import KServe
from kubeflow_api import KubeflowApi
from kubeflow_cluster import Cluster

pytestmark = pytest.mark.slow

BY_LITTLE = ["--set", "compare.confidence=0.5"]  # so few queries prove no small gain
BETTER = ["--epochs", 12, "--set", "champion.train_from=champion"]
WORSE = ["--epochs", 1]


class Platform:
    """Kubeflow, an artifact store, a cluster with KServe, and a terminal that knows of all three."""

    def __init__(self, api: KubeflowApi, kserve: KServe, home: Path, steps_in_containers: Any) -> None:
        self.api, self.kserve, self.home = api, kserve, home
        self.steps_in_containers = steps_in_containers
        self.store = home / "store"
        self.store.mkdir()

    def types(self, *arguments: object) -> str:
        """Stdout of a command, which has to succeed."""
        places = {"LOOKALIKE_RUNS": self.api.url, "LOOKALIKE_CACHE": str(self.home / "cache")}
        done = subprocess.run(
            [sys.executable, "-m", "lookalike", *map(str, arguments)],
            capture_output=True,
            text=True,
            env={**os.environ, **places, "KUBECONFIG": str(self.kserve.api.kubeconfig)},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self, *arguments: object) -> Any:
        """What a command says as JSON."""
        return json.loads(self.types(*arguments, "--json"))

    def challenges(self, name: str, photos: Path, weights: Path, *flags: object) -> bool:
        """Submits a run, lets Kubeflow carry it, and says whether its encoder won."""
        self.types("submit", photos, "--name", name, "--challenge", "--artifacts", self.store, *flags)
        self._carry(name, photos, weights.parent)
        shown = json.loads(self.types("runs", "show", name))
        assert shown["status"] == "FINISHED", shown["error"]
        return bool(shown["promoted"])

    def _carry(self, name: str, *reads: Path) -> None:
        from kfp import components

        cluster, folder = Cluster(self.api), self.home / name
        submitted = cluster.run(name)
        handed = submitted["pipeline_spec"]
        pipeline = yaml.safe_dump_all([handed["pipeline_spec"], handed["platform_spec"]])
        folder.mkdir()
        in_images = self.steps_in_containers(folder, *reads, writes=(self.store,))
        with in_images, (folder / "logs.txt").open("w") as log, redirect_stdout(log):
            components.load_component_from_text(pipeline)(**submitted["runtime_config"]["parameters"])
        (folder / "run.json").write_text('{"status": "FINISHED"}')
        cluster.play(name, folder)

    def champion(self) -> str:
        """Digest of the release that is the champion."""
        releases = self.told("releases", "list", "--artifacts", self.store)
        (digest,) = [release["digest"] for release in releases if release["champion"]]
        return str(digest)

    def deploys(self, release: str, *flags: object) -> None:
        """Servers read a copy of the release in a bucket, because they do not see this disk."""
        copy = f"deploy.storage_uri=gs://bucket/releases/{release}"
        self.types("deploy", release, "--artifacts", self.store, "--set", copy, *flags, *self.service)

    @property
    def service(self) -> list[str]:
        return ["--namespace", self.kserve.namespace, "--name", "things"]

    def serves(self) -> dict[str, tuple[str, int]]:
        """Which release gets which share of the requests, in percent."""
        shown = self.told("service", "show", *self.service)
        share = shown["canary_percent"] if shown["canary"] else 0
        canary = {"canary": (shown["canary"]["release"], share)} if shown["canary"] else {}
        return {"stable": (shown["stable"]["release"], 100 - share), **canary}


@pytest.fixture
def platform(kubeflow_api, kserve, steps_in_containers, photos, weights, tmp_path) -> Platform:
    for path in (tmp_path, photos, weights, photos.parent, weights.parent):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the steps run as somebody else
    return Platform(kubeflow_api, kserve, tmp_path, steps_in_containers)


def test_from_a_folder_of_photos_to_a_canary_and_back(platform, photos, weights, quick):
    compiled = platform.home / "finetune.yaml"
    platform.types("compile", compiled)

    assert platform.challenges("first", photos, weights, *quick, *BY_LITTLE)
    first = platform.champion()
    handed = Cluster(platform.api).run("first")["pipeline_spec"]["pipeline_spec"]
    assert handed == next(yaml.safe_load_all(compiled.read_text()))
    assert platform.told("metrics", "first")["difference"]["map_at_r"]["low"] > 0
    platform.deploys(first)
    assert platform.serves() == {"stable": (first, 100)}

    assert platform.challenges("better", photos, weights, *quick, *BY_LITTLE, *BETTER)
    better = platform.champion()
    assert better != first
    platform.deploys(better, "--canary", 10)
    assert platform.serves() == {"stable": (first, 90), "canary": (better, 10)}
    platform.types("service", "promote", *platform.service)
    assert platform.serves() == {"stable": (better, 100)}

    assert not platform.challenges("worse", photos, weights, *quick, *BY_LITTLE, *WORSE)
    assert platform.champion() == better

    platform.types("rollback", *platform.service)
    assert platform.serves() == {"stable": (first, 100)}
    platform.types("releases", "rollback", "--artifacts", platform.store)
    assert platform.champion() == first
