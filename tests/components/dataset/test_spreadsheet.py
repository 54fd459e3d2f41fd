from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike_components.dataset import image_column, read_spreadsheet
from lookalike_components.dataset.spreadsheet import NOT_UTF_8
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


def test_text_that_looks_like_a_date_stays_as_it_is_in_json(tmp_path: Path) -> None:
    rows = [
        '{"image": "a.jpg", "label": "2024-01-01", "taken": "2024-01-01"}',
        '{"image": "b.jpg", "label": "2024-01-02"}',
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    read = read_spreadsheet(tmp_path / "rows.jsonl")
    assert read["label"].tolist() == ["2024-01-01", "2024-01-02"]
    assert read["taken"].tolist() == ["2024-01-01", None]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_long_numbers_keep_their_digits_where_some_are_missing(suffix: str, tmp_path: Path) -> None:
    rows = {
        "csv": "image,code\na.jpg,12345678901234567\nb.jpg,\n",
        "jsonl": '{"image": "a.jpg", "code": 12345678901234567}\n{"image": "b.jpg", "code": null}\n',
    }
    (tmp_path / f"rows.{suffix}").write_text(rows[suffix])
    assert read_spreadsheet(tmp_path / f"rows.{suffix}")["code"].tolist() == [12345678901234567, None]


def test_a_number_that_is_none_is_no_label(tmp_path: Path) -> None:
    rows = pa.table({"image": ["a.jpg", "b.jpg"], "label": pa.array([7.0, float("nan")])})
    pq.write_table(rows, tmp_path / "rows.parquet")
    assert read_spreadsheet(tmp_path / "rows.parquet")["label"].tolist() == ["7", None]


def test_names_of_columns_may_be_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("Image,LABEL,Shop\na.jpg,007,Bern\n")
    assert read_spreadsheet(tmp_path / "rows.csv").to_dict("records") == [
        {"image": "a.jpg", "label": "007", "Shop": "Bern"}
    ]


def test_spaces_around_the_names_of_columns_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id, image , label\n1,a.jpg,007\n")
    assert read_spreadsheet(tmp_path / "rows.csv").to_dict("list") == {"id": [1], "image": ["a.jpg"], "label": ["007"]}


def test_a_label_called_na_is_a_label(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("image,label\na.jpg,NA\nb.jpg,null\n")
    assert read_spreadsheet(tmp_path / "rows.csv")["label"].tolist() == ["NA", "null"]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("image,label\na.jpg,mug\n", encoding="utf-8-sig")
    assert list(read_spreadsheet(tmp_path / "rows.csv").columns) == ["image", "label"]


def test_a_cell_may_go_over_several_lines(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('image,label,note\na.jpg,"cup, ""tall""","first\nsecond"\n')
    assert read_spreadsheet(tmp_path / "rows.csv").iloc[0].tolist() == ["a.jpg", 'cup, "tall"', "first\nsecond"]


def test_a_column_that_changes_its_type_late_is_text(tmp_path: Path) -> None:
    rows = "".join(f"{number}.jpg,{number}\n" for number in range(100_000))
    (tmp_path / "rows.csv").write_text(f"image,price\n{rows}last.jpg,unknown\n")
    assert read_spreadsheet(tmp_path / "rows.csv")["price"].iloc[-1] == "unknown"


def test_a_column_without_a_name_is_called_by_its_number(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "rows.csv")
    assert list(read_spreadsheet(tmp_path / "rows.csv").columns) == ["column_1", "image", "label", "year"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a.jpg,mug\nb.jpg,cup\n", ["image", "label"]),
        ("https://shop.example/a,mug\n", ["image", "label"]),
        ("https://shop.example/a.jpg?size=2;3,mug\n", ["image", "label"]),
        ("https://shop.example/a;b.jpg\n", ["image"]),
        ("a.jpg,image\n", ["image", "label"]),
        ("a.PNG;mug;7\n", ["image", "label", "column_3"]),
        ("a.jpg\tmug\n", ["image", "label"]),
        ('"a, b.jpg",mug\n', ["image", "label"]),
    ],
)
def test_a_first_row_that_names_an_image_is_no_header(text: str, columns: list[str], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    rows = read_spreadsheet(tmp_path / "rows.csv")
    assert list(rows.columns) == columns
    assert len(rows) == len(text.splitlines())


@pytest.mark.parametrize(
    "text", ["image;label\na.jpg;mug\n", "image\tlabel\na.jpg\tmug\n", "\nimage,label\na.jpg,mug\n"]
)
def test_a_header_is_known_by_the_name_of_a_column(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    assert read_spreadsheet(tmp_path / "rows.csv").to_dict("records") == [{"image": "a.jpg", "label": "mug"}]


def test_in_doubt_the_first_row_is_a_header(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("photo;label\na.jpg;mug\n")
    assert list(read_spreadsheet(tmp_path / "rows.csv").columns) == ["photo", "label"]


def test_a_text_file_names_an_image_on_every_line(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_bytes("\ufeffein Bild.jpg\r\n\nhttps://shop.example/a,b.jpg\n".encode())
    assert read_spreadsheet(tmp_path / "rows.txt")["image"].tolist() == ["ein Bild.jpg", "https://shop.example/a,b.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("rows.csv", b"", "cannot be read as CSV: Empty CSV file"),
        (
            "rows.csv",
            b"image,label\na.jpg\n",
            "cannot be read as CSV: CSV parse error: Row #2: Expected 2 columns, got 1: a.jpg",
        ),
        ("rows.parquet", b"image,label\n", "cannot be read as PARQUET: "),
        ("rows.jsonl", b"image,label\n", "cannot be read as JSONL: JSON parse error: Invalid value. in row 0"),
        ("rows.csv", b"image,label\na.jpg,\xe9t\xe9\n", f"cannot be read as CSV: {NOT_UTF_8}"),
        ("rows.csv", b"image,where\na.jpg,\xe9t\xe9\n", f"cannot be read as CSV: {NOT_UTF_8}"),
        ("rows.csv", b"image,\xe9t\xe9\na.jpg,b\n", f"cannot be read as CSV: {NOT_UTF_8}"),
        ("rows.csv", "image,label\na.jpg,b\n".encode("utf-16"), f"cannot be read as CSV: {NOT_UTF_8}"),
        ("rows.txt", b"\xe9.jpg", f"cannot be read as TXT: {NOT_UTF_8}"),
        ("rows.csv", b"image,label,label\na.jpg,a,b\n", "has the column label more than once; rename the others"),
        ("rows.xlsx", b"PK", "is no spreadsheet; pass a .csv, .tsv, .txt, .jsonl, .ndjson, .parquet file"),
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
