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


@pytest.fixture(scope="session")
def tested_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The same things: six to train on, three to validate with, and three to test, of each one picture that asks."""
    number = rows["label"].str.removeprefix("thing-").astype(int)
    first = ~rows["label"].duplicated()
    subset = number.map(lambda each: "train" if each < 6 else "validation" if each < 9 else "index")
    return rows.assign(subset=subset.mask((number >= 9) & first, "query"), shelf=number % 3)
