from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import image_column, read_spreadsheet
from lookalike_components.errors import UserError

ROWS = pd.DataFrame({"image": ["a.jpg", "b.jpg"], "label": ["007", None], "year": [2025, 2026]})


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "CSV"])
def test_the_same_rows_come_from_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{suffix}"
    writers = {"csv": ROWS.to_csv, "jsonl": ROWS.to_json, "parquet": ROWS.to_parquet}
    options = {"jsonl": {"orient": "records", "lines": True}}.get(suffix, {"index": False})
    writers[suffix.lower()](path, **options)
    pd.testing.assert_frame_equal(read_spreadsheet(path), ROWS)


def test_labels_are_text_even_where_they_look_like_numbers(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"image": "a.jpg", "label": 7}\n{"image": "b.jpg", "label": null}\n')
    assert read_spreadsheet(tmp_path / "rows.jsonl")["label"].tolist() == ["7", None]


def test_a_label_called_na_is_a_label(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("image,label\na.jpg,NA\nb.jpg,null\n")
    assert read_spreadsheet(tmp_path / "rows.csv")["label"].tolist() == ["NA", "null"]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("image,label\na.jpg,mug\n", encoding="utf-8-sig")
    assert list(read_spreadsheet(tmp_path / "rows.csv").columns) == ["image", "label"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("rows.csv", b"", "cannot be read as CSV: Empty CSV file"),
        (
            "rows.csv",
            b"image,label\na.jpg\n",
            "cannot be read as CSV: CSV parse error: Expected 2 columns, got 1: a.jpg",
        ),
        ("rows.parquet", b"image,label\n", "cannot be read as PARQUET: "),
        ("rows.jsonl", b"image,label\n", "cannot be read as JSONL: JSON parse error: Invalid value. in row 0"),
        ("rows.xlsx", b"PK", "is no spreadsheet; pass a .csv, .jsonl, .parquet file"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        read_spreadsheet(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name} {sentence}")


def test_the_first_known_name_is_the_image_column() -> None:
    assert image_column(pd.DataFrame(columns=["path", "image", "label"]), "rows.csv") == "image"


def test_a_spreadsheet_without_images_is_one_sentence() -> None:
    with pytest.raises(UserError) as error:
        image_column(pd.DataFrame(columns=["photo", "label"]), "rows.csv")
    assert (
        str(error.value)
        == "rows.csv has no column image, uri, path, file_name or name that names the images; it has photo, label"
    )
