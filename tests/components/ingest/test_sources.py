from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import check_exists, open_source, read_source
from lookalike_components.storage import write_bytes


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


def test_links_to_files_are_followed_and_links_to_folders_are_not(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real.jpg").write_bytes(b"real")
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere" / "real.jpg")
    (folder / "nowhere.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (folder / "others").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    with open_source(IngestConfig(source=str(folder), store="store")) as source:
        assert names(source.listing, folder) == ["0.webp", "lamp/1.png", "link.jpg", "mug/2.JPEG", "mug/10.jpg"]
        assert source.read(f"{folder}/link.jpg") == (b"real", "")


def test_a_folder_tells_sizes_and_versions(folder: Path) -> None:
    (folder / "0.webp").write_bytes(b"four")
    before = read_source(str(folder))
    (folder / "mug" / "10.jpg").write_bytes(b"changed")
    after = read_source(str(folder))
    assert before["nbytes"].tolist() == [4, 0, 0, 0]
    assert (before["version"] == after["version"]).tolist() == [True, True, True, False]


def test_a_prefix_is_listed_and_read_like_a_folder(bucket: str) -> None:
    for name in ("photos/10.jpg", "photos/9 猫.jpg", "photos/.hidden.jpg", "photos-2/1.jpg"):
        write_bytes(f"{bucket}/{name}", name.encode())
    with open_source(IngestConfig(source=f"{bucket}/photos/", store="store")) as source:
        assert source.listing["uri"].tolist() == [f"{bucket}/photos/9 猫.jpg", f"{bucket}/photos/10.jpg"]
        assert source.read(source.listing["uri"][0]) == ("photos/9 猫.jpg".encode(), "")
        assert "" not in source.listing["version"].tolist()


def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "caf\udce9.jpg").touch()
    with open_source(IngestConfig(source=str(folder), store="store")) as source:
        assert f"{folder}/caf\\udce9.jpg" in source.listing["uri"].tolist()
        with pytest.raises(UserError, match="has a name that is not Unicode; rename it"):
            source.read(f"{folder}/caf\\udce9.jpg")


def test_an_image_that_is_too_large_is_refused_unread(folder: Path) -> None:
    with (folder / "0.webp").open("wb") as file:
        file.truncate(2**40)
    source = open_source(IngestConfig(source=str(folder), store="store"))
    with pytest.raises(UserError, match=r"is larger than 100 MiB \(most_megabytes\)"):
        source.read(f"{folder}/0.webp")


@pytest.mark.parametrize("source", ["gs://bucket/photos", "gs://bucket/shards-{0..9}.tar", "gs://bucket/list.csv"])
def test_what_is_in_a_bucket_is_left_to_the_step(source: str) -> None:
    check_exists(source)


@pytest.mark.parametrize("source", ["nowhere", "nowhere.csv", "nowhere.zip", "shards-{0..9}.tar"])
def test_what_is_not_on_this_machine_is_refused_at_once(source: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist; pass a folder of images, an archive"):
        check_exists(str(tmp_path / source))


def test_a_kind_that_the_source_is_not_is_refused(folder: Path) -> None:
    sheet = spreadsheet(folder, "image\nmug/2.JPEG\n")
    for kind in ("folder", "archive", "webdataset"):
        with pytest.raises(UserError):
            open_source(IngestConfig.from_arguments({"source": sheet, "store": "store", "kind": kind}))


def test_names_in_a_spreadsheet_are_relative_to_it(folder: Path) -> None:
    source = spreadsheet(folder, "image\nmug/2.JPEG\n/elsewhere/1.jpg\ngs://bucket/1.jpg\n")
    assert read_source(source)["uri"].tolist() == [f"{folder}/mug/2.JPEG", "/elsewhere/1.jpg", "gs://bucket/1.jpg"]


def test_labels_and_other_columns_of_a_spreadsheet_are_kept(folder: Path) -> None:
    listing = read_source(spreadsheet(folder, "label,price,path\n007,3.5,lamp/1.png\n"))
    assert listing.drop(columns="nbytes").to_dict("records") == [
        {"uri": f"{folder}/lamp/1.png", "version": "", "label": "007", "price": 3.5}
    ]


def test_an_empty_cell_keeps_its_place(folder: Path) -> None:
    assert read_source(spreadsheet(folder, "image,label\n,mug\nlamp/1.png,lamp\n"))["uri"].tolist() == [
        "",
        f"{folder}/lamp/1.png",
    ]


def test_a_column_that_a_step_sets_is_passed_over_aloud(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = read_source(spreadsheet(folder, "image,width,subset,label_now\nlamp/1.png,640,train,lamp\n"))
    assert list(listing.columns) == ["uri", "nbytes", "version"]
    assert "passes over the column width, subset, label_now of the source: lookalike sets it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere", "does not exist; pass a folder of images, an archive, or a CSV, JSON Lines or Parquet file"),
        ("empty", "holds no images; files ending in jpg, jpeg, png, webp, gif, bmp, tif or tiff are accepted"),
        (
            "notes.doc",
            "is neither a folder, nor a .tar or .zip archive, nor a CSV, JSON Lines, Parquet or text file",
        ),
        ("header.csv", "holds no images; files ending in jpg, jpeg, png, webp, gif, bmp, tif or tiff are accepted"),
    ],
)
def test_a_source_without_images_is_one_sentence(source: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").touch()
    (tmp_path / "notes.doc").touch()
    (tmp_path / "header.csv").write_text("image,label\n")
    with pytest.raises(UserError) as error:
        read_source(str(tmp_path / source))
    assert str(error.value) == f"{tmp_path / source} {sentence}"
