"""A folder in which everything occurs that an inspection tells of."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from lookalike.inspection import Inspection, check

AWKWARD = "néw\nline <b>&.png"


def scene(number: int, side: int = 160) -> Image.Image:
    """Light and shade at every scale, as in a photo."""
    random = np.random.default_rng(number)
    mixed = np.zeros((side, side, 3))
    for cells, weight, edges in ((3, 0.5, "BICUBIC"), (8, 0.3, "BICUBIC"), (32, 0.2, "NEAREST")):
        layer = Image.fromarray(random.integers(256, size=(cells, cells, 3), dtype=np.uint8))
        mixed += weight * np.asarray(layer.resize((side, side), Image.Resampling[edges]), float)
    return Image.fromarray(mixed.astype(np.uint8))


def fill(folder: Path) -> None:
    for number, name in enumerate(("mug/0", "mug/1", "mug/2", "lamp/0", "lamp/1", "lamp/2")):
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        scene(number).save(path)
    (folder / "alone").mkdir()
    scene(10).save(folder / "alone" / AWKWARD)
    shutil.copy(folder / "mug" / "0.png", folder / "lamp" / "copy.png")
    scene(1).save(folder / "mug" / "resaved.jpg", quality=85)
    scene(20).filter(ImageFilter.GaussianBlur(6)).save(folder / "mug" / "blurred.png")
    ImageEnhance.Brightness(scene(21)).enhance(0.2).save(folder / "mug" / "dark.png")
    Image.new("RGB", (200, 200), "white").save(folder / "mug" / "white.png")
    scene(22).resize((40, 40)).save(folder / "lamp" / "tiny.png")
    scene(23).resize((600, 160)).save(folder / "lamp" / "wide.png")
    cut = (folder / "mug" / "1.png").read_bytes()[:5000]
    for name in ("a-cut.png", "b-cut.png"):
        (folder / "mug" / name).write_bytes(cut)
    (folder / "lamp" / "text.jpg").write_text("no picture")


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inspected") / "things"
    fill(folder)
    return folder


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page") / "check.html"


@pytest.fixture(scope="session")
def inspected(mixed: Path, page: Path) -> Inspection:
    """The folder's inspection, whose page lies at ``page``."""
    return check(mixed, page=page)
