"""An image table of drawn things: eight labels to train on, four to validate with."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import write_table


@pytest.fixture
def table(rows: pd.DataFrame, tmp_path: Path) -> Path:
    """The table in its file."""
    write_table(rows, tmp_path / "table.parquet")
    return tmp_path / "table.parquet"
