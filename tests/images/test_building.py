"""`make images`, as far as it can be seen without building anything."""

import os
import subprocess
from pathlib import Path

import pytest

from lookalike_components import containers

ROOT = Path(__file__).parents[2]
IMAGES = {"cpu": containers.CPU, "gpu": containers.GPU, "serve": containers.SERVE}


def planned(*settings: str) -> str:
    """What make would do."""
    command = ["make", "--dry-run", "images", *settings]
    environment = {**os.environ, "IMAGE_BUILD_FLAGS": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_gets_the_name_that_the_steps_ask_for(image):
    assert f"--tag {IMAGES[image]} " in planned()


def test_docker_builds_them_too():
    assert planned("CONTAINER=docker").count("docker build --file images/") == len(IMAGES)
    assert "podman" not in planned("CONTAINER=docker")


def test_some_of_them_can_be_asked_for_under_the_name_of_a_registry():
    plan = planned("IMAGES=serve", "REGISTRY=europe-docker.pkg.dev/shop/lookalike")
    assert f"--tag europe-docker.pkg.dev/shop/lookalike/serve:{containers.VERSION} " in plan
    assert "gpu" not in plan


def test_the_images_differ_in_what_they_hold_and_in_what_they_start():
    texts = [(ROOT / "images" / image / "Containerfile").read_text(encoding="utf-8").splitlines() for image in IMAGES]
    own = [set(lines) - set.intersection(*map(set, texts)) for lines in texts]
    allowed = (
        "# ",
        "    images/environment ",
        "ENV MALLOC_",
        "EXPOSE",
        "ENTRYPOINT",
        "CMD",
        "LABEL",
        "      org.opencontainers.image.desc",
    )
    assert [line for lines in own for line in lines if not line.startswith(allowed)] == []
