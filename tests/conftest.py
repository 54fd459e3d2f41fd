"""What tests of several rooms share: drawn photographs, and weights that need no network."""

import colorsys
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw, ImageFilter

from lookalike_components.encoder.process import WAITING

sys.path.append(str(Path(__file__).with_name("fixtures")))

from browser import browser
from kserve_controller import knative, kserve
from kubeflow_api import kubeflow_api
from kubeflow_cluster import kubeflow_cluster
from kubernetes_api import kubernetes_api
from object_storage import bucket, bucket_server, watched_bucket
from podman import cpu_image, gpu_image, podman, podman_service, serve_image, steps_in_containers

__all__ = ["browser", "bucket", "bucket_server", "knative", "kserve", "kubernetes_api", "watched_bucket"]
__all__ += ["kubeflow_api", "kubeflow_cluster"]
__all__ += ["cpu_image", "gpu_image", "podman", "podman_service", "serve_image", "steps_in_containers"]

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how long an example takes says more about the machine than about the code
os.environ.update(WAITING)  # before anything imports torch: tests share their cores with servers and browsers


def draw_photo(label: int, view: int, size: int = 48) -> Image.Image:
    """A picture of a made-up object: its label decides its hue; where it lies, and in what light, is left to chance.

    The light is what an untrained network sees first, so that there is something to learn.
    """
    random = np.random.default_rng([label, view])
    light = int(random.integers(0, 256))
    picture = Image.new("RGB", (size, size), (light, light, light))
    colour = tuple(
        int(255 * part) for part in colorsys.hsv_to_rgb((label * 0.381966) % 1.0, 0.9, random.uniform(0.4, 1.0))
    )
    centre, radius = random.uniform(0.35, 0.65, size=2) * size, random.uniform(0.2, 0.35) * size
    corners = int(random.integers(3, 7))
    ImageDraw.Draw(picture).regular_polygon((*centre, radius), n_sides=corners, fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(0.5))


def draw_photos(folder: Path, labels: int, views: int) -> Path:
    """Fills ``folder`` with one subfolder a label, ``views`` pictures each."""
    for label in range(labels):
        home = folder / f"thing-{label:02d}"
        home.mkdir(parents=True)
        for view in range(views):
            draw_photo(label, view).save(home / f"{view}.png")
    return folder


@pytest.fixture(scope="session")
def photographer() -> Callable[..., Image.Image]:
    """Takes a picture of a made-up object: ``photographer(label, view, size=48)``."""
    return draw_photo


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 made-up objects, 6 pictures each."""
    return draw_photos(tmp_path_factory.mktemp("pictures") / "things", labels=24, views=6)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of an untrained ResNet-18 in a file, in place of a download."""
    import torch
    from torchvision.models import resnet18

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(resnet18().state_dict(), path)
    return path
