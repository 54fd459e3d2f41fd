"""Image tables, most of them without images: label looks at pictures only where duplicates are to be settled."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from scenes import album, saved, scene

from lookalike_components.dataset import write_table
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.progress import Facts

__all__ = ["album", "saved", "scene"]


@pytest.fixture
def images(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the table of images that came from ``uris``; every one is another file unless told."""

    def write(uris: Sequence[str], **columns: Sequence[object]) -> Path:
        number = len(uris)
        rows = {"image_id": [f"{n:064x}" for n in range(number)], "uri": uris, "position": range(number)}
        bytes_ = {
            "shard": "store/0.tar",
            "offset": 512,
            "nbytes": 9,
            "format": "PNG",
            "width": 4,
            "height": 4,
            "perceptual_hash": None,
        }
        frame = pd.DataFrame(rows | {"label": None, "subset": None} | columns).assign(**bytes_)
        write_table(frame, tmp_path / "images")
        return tmp_path / "images"

    return write


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Facts]:
    """A function that runs the step on a table; what it wrote is at ``labelled``."""
    return lambda path, /, **settings: label(path, tmp_path / "labelled", LabelConfig(**settings))


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Where the step writes its table."""
    return tmp_path / "labelled"


@pytest.fixture
def spreadsheet(tmp_path: Path) -> Callable[[str], str]:
    """A function that writes a CSV and gives its path."""

    def write(text: str) -> str:
        (tmp_path / "labels.csv").write_text(text)
        return str(tmp_path / "labels.csv")

    return write
