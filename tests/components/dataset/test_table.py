from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import COLUMNS, read_table, write_table
from lookalike_components.errors import LookalikeError, UserError


def test_a_table_is_read_as_it_was_written(table: pd.DataFrame, tmp_path: Path) -> None:
    labelled = table.assign(label=["mug", None] * 6, subset="train", weather="rain", year=2026)
    write_table(labelled, tmp_path / "table")
    pd.testing.assert_frame_equal(read_table(tmp_path / "table"), labelled, check_dtype=False)


def test_columns_keep_their_order_whatever_the_frames(table: pd.DataFrame, tmp_path: Path) -> None:
    write_table(table.assign(weather="rain")[["weather", *reversed(COLUMNS)]], tmp_path / "table")
    assert list(read_table(tmp_path / "table").columns) == [*COLUMNS, "weather"]


def test_a_column_without_any_value_keeps_its_type(table: pd.DataFrame, tmp_path: Path) -> None:
    write_table(table, tmp_path / "table")
    assert read_table(tmp_path / "table")["label"].tolist() == [None] * 12
    assert read_table(tmp_path / "table")["position"].dtype == "int64"


def test_the_rows_are_numbered_anew(table: pd.DataFrame, tmp_path: Path) -> None:
    write_table(table.iloc[[3, 5]], tmp_path / "table")
    assert read_table(tmp_path / "table").index.tolist() == [0, 1]


def test_a_frame_without_a_column_is_not_written(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(LookalikeError) as error:
        write_table(table.drop(columns=["shard", "offset"]), tmp_path / "table")
    assert str(error.value) == "an image table needs the column shard, offset"
    assert not (tmp_path / "table").exists()


def test_a_column_of_the_wrong_type_is_not_written(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match=r"^an image table cannot be made of these columns: .*offset"):
        write_table(table.assign(offset="far"), tmp_path / "table")
    assert not (tmp_path / "table").exists()


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        read_table(tmp_path / "table")
    assert str(error.value) == f"{tmp_path}/table does not exist"


def test_a_file_that_is_no_parquet_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("image,label\n")
    with pytest.raises(UserError) as error:
        read_table(tmp_path / "table")
    assert str(error.value) == f"{tmp_path}/table is no image table: it is not a Parquet file"


def test_a_table_of_something_else_is_one_sentence(table: pd.DataFrame, tmp_path: Path) -> None:
    table.drop(columns=["shard", "nbytes"]).to_parquet(tmp_path / "table")
    with pytest.raises(UserError) as error:
        read_table(tmp_path / "table")
    assert str(error.value) == f"{tmp_path}/table is no image table: it has no column shard, nbytes"
