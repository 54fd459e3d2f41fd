"""A small ablation that really trains: ten drawn things, one step at 32 px."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def few_photos(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten of the drawn things, four pictures each."""
    folder = tmp_path_factory.mktemp("few") / "things"
    for label in range(10):
        home = folder / f"thing-{label:02d}"
        home.mkdir(parents=True)
        for view in range(4):
            (home / f"{view}.png").write_bytes((photos / home.name / f"{view}.png").read_bytes())
    return folder


@pytest.fixture(scope="session")
def brief(weights: Path) -> dict[str, Any]:
    """Settings that make a training take a second."""
    encoder = {"model": "resnet18", "weights": str(weights), "input_size": 32}
    train = {"steps": 1, "classes_per_batch": 4, "images_per_class": 2, "augmentation": "none", "variants": []}
    return {"encoder": encoder, "train": train, "split": {"test": 2, "validation": 2, "near_duplicates": "off"}}
