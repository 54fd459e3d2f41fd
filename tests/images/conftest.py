"""What the images hold, read out of containers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from podman import HARDENED, Podman
from tiny_release import pictures, pixels, release_folder

__all__ = ["pictures", "pixels", "release_folder"]


@pytest.fixture(scope="session", params=["cpu", "serve"])
def image(request: pytest.FixtureRequest) -> str:
    """Name of each image that is built within a minute."""
    name: str = request.getfixturevalue(f"{request.param}_image")
    return name


@pytest.fixture(scope="session")
def inside(podman: Podman, image: str) -> Callable[..., str]:
    """Runs a command in a container of the image, with the rights that a strict cluster gives; returns its stdout."""

    def run(program: str, *arguments: str) -> str:
        return podman("run", "--rm", "--network=none", *HARDENED, f"--entrypoint={program}", image, *arguments)

    return run


@pytest.fixture(scope="session")
def bill(inside: Callable[..., str]) -> dict[str, Any]:
    """The software bill of materials that the image carries."""
    read: dict[str, Any] = json.loads(inside("cat", "/opt/lookalike/sbom.cdx.json"))
    return read
