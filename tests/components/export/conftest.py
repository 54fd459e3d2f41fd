"""An untrained encoder, and the image table of twelve drawn things."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import write_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.model import build


@pytest.fixture(scope="module")
def encoder_folder(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "encoder"
    folder.save(build("resnet18", str(weights), 32), path)
    return path


@pytest.fixture(scope="module")
def table(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    write_table(rows, path)
    return path
