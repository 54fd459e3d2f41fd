from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources import read_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Empty files: a source is listed without opening them."""
    names = ["mug/10.jpg", "mug/2.JPEG", "lamp/1.png", "lamp/notes.txt", ".trash/3.jpg", "lamp/._1.png", "0.webp"]
    for name in names:
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).touch()
    return tmp_path / "photos"


def names(listing: pd.DataFrame, folder: Path) -> list[str]:
    return [str(Path(uri).relative_to(folder)) for uri in listing["uri"]]


def spreadsheet(folder: Path, text: str) -> str:
    path = folder / "products.csv"
    path.write_text(text)
    return str(path)


def test_a_folder_is_listed_as_people_count(folder: Path) -> None:
    assert names(read_source(str(folder)), folder) == ["0.webp", "lamp/1.png", "mug/2.JPEG", "mug/10.jpg"]


def test_files_of_other_kinds_are_passed_over_aloud(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mug" / "IMG_0001.HEIC").touch()
    read_source(str(folder))
    told = f"passes over what has no image's suffix in {folder}: lamp/notes.txt, mug/IMG_0001.HEIC"
    assert told in capsys.readouterr().err


def test_a_folder_is_found_from_where_one_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert names(read_source("."), folder) == names(read_source(str(folder)), folder)


def test_names_in_a_spreadsheet_are_relative_to_it(folder: Path) -> None:
    source = spreadsheet(folder, "image\nmug/2.JPEG\n/elsewhere/1.jpg\ngs://bucket/1.jpg\n")
    assert read_source(source)["uri"].tolist() == [f"{folder}/mug/2.JPEG", "/elsewhere/1.jpg", "gs://bucket/1.jpg"]


def test_labels_and_other_columns_of_a_spreadsheet_are_kept(folder: Path) -> None:
    listing = read_source(spreadsheet(folder, "label,price,path\n007,3.5,lamp/1.png\n"))
    assert listing.to_dict("records") == [{"label": "007", "price": 3.5, "uri": f"{folder}/lamp/1.png"}]


def test_an_empty_cell_keeps_its_place(folder: Path) -> None:
    assert read_source(spreadsheet(folder, "image,label\n,mug\nlamp/1.png,lamp\n"))["uri"].tolist() == [
        "",
        f"{folder}/lamp/1.png",
    ]


def test_a_column_that_ingest_sets_is_passed_over_aloud(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = read_source(spreadsheet(folder, "image,width,subset\nlamp/1.png,640,train\n"))
    assert list(listing.columns) == ["uri"]
    assert "passes over the column width, subset of the source: ingest sets it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere", "does not exist; pass a folder of images, or a CSV, JSON Lines or Parquet file"),
        ("empty", "holds no images; files ending in jpg, jpeg, png, webp, gif, bmp, tif or tiff are accepted"),
        ("notes.txt", "is neither a folder nor a CSV, JSON Lines or Parquet file"),
        ("header.csv", "holds no images; files ending in jpg, jpeg, png, webp, gif, bmp, tif or tiff are accepted"),
    ],
)
def test_a_source_without_images_is_one_sentence(source: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "header.csv").write_text("image,label\n")
    with pytest.raises(UserError) as error:
        read_source(str(tmp_path / source))
    assert str(error.value) == f"{tmp_path / source} {sentence}"
