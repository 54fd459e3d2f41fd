"""What tests of several rooms share: drawn photographs, and weights that need no network."""

import colorsys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter


def draw_photo(label: int, view: int, size: int = 48) -> Image.Image:
    """A picture of a made-up object: its label decides the figure's corners and hue, its view the place and the light."""
    random = np.random.default_rng([label, view])
    background = tuple(int(value) for value in random.integers(60, 200, size=3))
    picture = Image.new("RGB", (size, size), background)
    hue = (label * 0.381966) % 1.0
    colour = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.8, random.uniform(0.6, 1.0)))
    centre = random.uniform(0.4, 0.6, size=2) * size
    ImageDraw.Draw(picture).regular_polygon(
        (*centre, random.uniform(0.25, 0.38) * size), n_sides=3 + label % 6, rotation=int(random.integers(0, 360)), fill=colour
    )
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
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 made-up objects, 4 pictures each."""
    return draw_photos(tmp_path_factory.mktemp("pictures") / "things", labels=12, views=4)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of an untrained ResNet-18 in a file, in place of a download."""
    import torch
    from torchvision.models import resnet18

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(resnet18().state_dict(), path)
    return path
