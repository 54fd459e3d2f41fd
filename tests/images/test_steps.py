"""The steps run in their images, without a network and without rights, through KFP's own runner."""

import json
from pathlib import Path

import pandas as pd
import pytest
from kfp import dsl
from podman import SOMEBODY

import lookalike_components
from lookalike_components import STEPS, containers, ingest, label, split

pytestmark = pytest.mark.slow

IMPORTS = """
import importlib, pkgutil, sys, lookalike_components as rooms
for module in pkgutil.walk_packages(rooms.__path__, "lookalike_components."):
    if module.name.split(".")[1] in sys.argv[1:]:
        importlib.import_module(module.name)
"""
QUICK = {
    "encoder_model": "resnet18",
    "encoder_input_size": 32,
    "train_epochs": 6,
    "train_learning_rate": 0.001,
    "train_variants": [],
    "train_classes_per_batch": 8,
    "split_test": 0.5,
    "compare_confidence": 0.8,  # twelve labels prove no small gain
    "ingest_partition_images": 0,
}


@dsl.pipeline(name="tables")
def tables(source: str, store: str) -> None:
    """The steps that make the image table."""
    ingested = ingest(source=source, store=store)
    labelled = label(images=ingested.outputs["images"])
    split(labelled=labelled.outputs["labelled"])


def image_of(step: str) -> str:
    component = getattr(lookalike_components, step)
    return str(component.component_spec.implementation.container.image)


def events(home: Path, status: str) -> dict[str, dict]:
    lines = (home / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return {event["step"]: event for event in map(json.loads, lines) if event["status"] == status}


@pytest.fixture
def readable(photos, weights, tmp_path):
    """Pictures and weights that any user may read."""
    for path in (tmp_path, photos, weights, photos.parent, weights.parent):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return photos, weights


def test_the_rooms_of_the_steps_that_need_no_torch_find_all_they_import(podman, cpu_image):
    rooms = [step for step in STEPS if image_of(step) == containers.CPU]
    assert podman("run", "--rm", "--network=none", cpu_image, "python", "-c", IMPORTS, *rooms) == ""
    assert {"ingest", "compare", "promote"} <= set(rooms)


def test_the_steps_of_the_table_run_in_their_image(steps_in_containers, readable, tmp_path):
    photos, _ = readable
    with steps_in_containers(tmp_path / "run", photos):
        tables(source=str(photos), store=str(tmp_path / "run" / "shards"))
    table = Path(events(tmp_path / "run", "finished")["split"]["outputs"]["table"])
    assert set(pd.read_parquet(table)["subset"]) == {"train", "validation", "query"}
    assert table.stat().st_uid == SOMEBODY


def test_a_step_that_fails_in_its_container_fails(steps_in_containers, tmp_path):
    tmp_path.chmod(0o755)
    with steps_in_containers(tmp_path / "run"), pytest.raises(RuntimeError, match="ingest"):
        tables(source="/nowhere", store=str(tmp_path / "run" / "shards"))
    assert "/nowhere" in events(tmp_path / "run", "failed")["ingest"]["message"]


def run_everything(steps_in_containers, home: Path, readable, images: tuple[str, ...]) -> dict[str, dict]:
    from lookalike.dag import finetune

    photos, weights = readable
    with steps_in_containers(home, photos, weights.parent, images=images):
        finetune(source=str(photos), artifacts=str(home), encoder_weights=str(weights), **QUICK)
    return events(home, "finished")


@pytest.mark.cuda_image
def test_the_whole_pipeline_in_the_images(steps_in_containers, gpu_image, serve_image, podman, readable, tmp_path):
    assert gpu_image
    images = (containers.CPU, containers.GPU)
    finished = run_everything(steps_in_containers, tmp_path / "run", readable, images)
    assert {"train", "evaluate-candidate", "export", "deploy"} <= finished.keys()
    release = Path(finished["export"]["outputs"]["release"])
    assert (release / "manifest.json").stat().st_uid == SOMEBODY
    check = (
        f"from lookalike_components.release.runtime import Release; print(Release.open('{release}').manifest.digest)"
    )
    mounted = [f"--volume={release}:{release}:ro", "--network=none", "--rm", "--entrypoint=python"]
    digest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))["digest"]
    assert podman("run", *mounted, serve_image, "-c", check) == f"{digest}\n"
