"""A hundred thousand rows: what a step holds in memory is bounded by the table, not by the pairs that are possible."""

import runpy
from pathlib import Path

import pytest

from lookalike_components.dataset import read_table

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "tables.py"
ROWS, LABELS = 100_000, 5_000
MOST_MEBIBYTES = 500  # of which about 200 are Python and its libraries


@pytest.mark.slow
def test_label_and_split_of_a_large_table_stay_within_bounds(tmp_path: Path) -> None:
    benchmark = runpy.run_path(str(BENCHMARK))
    benchmark["write_images"](tmp_path / "images", ROWS, LABELS, tmp_path / "store")
    label = benchmark["measured"](benchmark["LABEL"].format(folder=tmp_path, settings=""))
    split = benchmark["measured"](benchmark["SPLIT"].format(folder=tmp_path, settings=""))
    assert len(read_table(tmp_path / "table")) == ROWS
    assert max(label.mebibytes, split.mebibytes) < MOST_MEBIBYTES
