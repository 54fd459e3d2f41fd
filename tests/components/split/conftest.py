"""Image tables, most of them without images: split looks at pictures only where their hashes are near."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from scenes import album, saved, scene

from lookalike_components.dataset import read_table, write_table
from lookalike_components.progress import Facts
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.split import Outputs, split

__all__ = ["album", "saved", "scene"]


def make_table(labels: int = 10, views: int = 4) -> pd.DataFrame:
    """``views`` different images of each label, one label after the other."""
    number = labels * views
    rows = pd.DataFrame({"position": range(number), "label": [f"thing-{n // views}" for n in range(number)]})
    rest = {
        "shard": "store/0.tar",
        "offset": 512,
        "nbytes": 9,
        "format": "PNG",
        "width": 4,
        "height": 4,
        "perceptual_hash": None,
    }
    return rows.assign(
        image_id=rows["position"].map("{:064x}".format), uri=rows["position"].map("{}.png".format), subset=None, **rest
    )


@pytest.fixture
def labelled() -> Callable[..., pd.DataFrame]:
    """A function that makes a labelled table."""
    return make_table


class Run:
    """Runs the step on a table, below a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.labelled, self.table, self.leaks = folder / "labelled", folder / "table", folder / "leaks"
        self.page, self.doubts = folder / "page.html", folder / "doubts.csv"

    def __call__(self, frame: pd.DataFrame, page_uri: str = "", **settings: object) -> Facts:
        write_table(frame, self.labelled)
        outputs = Outputs(self.table, self.leaks, self.page, self.doubts, page_uri)
        return split(self.labelled, outputs, SplitConfig(**settings))

    def subsets(self, frame: pd.DataFrame, **settings: object) -> pd.DataFrame:
        """The table that the step writes."""
        self(frame, **settings)
        return read_table(self.table)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)
