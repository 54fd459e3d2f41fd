import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from lookalike_components.dataset import read_images, read_table
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import write_bytes


@pytest.fixture
def spoilt(photos: Path, tmp_path: Path) -> Path:
    """One picture that is fine, between three that are not."""
    folder = tmp_path / "spoilt"
    folder.mkdir()
    picture = (photos / "thing-00" / "0.png").read_bytes()
    contents = {"0.jpg": b"a text called .jpg", "1.png": picture, "2.png": picture[:300], "3.gif": b""}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_every_image_of_a_folder_is_in_the_table_in_order(run: Any, photos: Path) -> None:
    pictures = sorted(photos.glob("*/*.png"))
    assert run(photos) == {"images": len(pictures), "refused": 0, "moved": len(pictures)}
    table = read_table(run.images)
    assert table["uri"].tolist() == [str(picture) for picture in pictures]
    assert table["position"].tolist() == list(range(len(pictures)))
    assert set(table[["format", "width", "height"]].itertuples(index=False, name=None)) == {("PNG", 48, 48)}
    assert table[["label", "subset"]].isna().all(axis=None)


def test_the_bytes_are_those_of_the_source(run: Any, photos: Path) -> None:
    run(photos)
    table = read_table(run.images)
    assert list(read_images(table)) == [Path(uri).read_bytes() for uri in table["uri"]]


def test_the_source_can_go_once_it_is_ingested(run: Any, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "copy")
    run(tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy")
    assert sum(1 for _ in read_images(read_table(run.images))) == len(read_table(run.images))


def test_a_second_run_gives_the_same_table_and_writes_no_shard(run: Any, photos: Path) -> None:
    run(photos)
    table, shards = read_table(run.images), {path: path.stat().st_mtime_ns for path in run.store.iterdir()}
    run(photos)
    assert read_table(run.images).equals(table)
    assert {path: path.stat().st_mtime_ns for path in run.store.iterdir()} == shards


def test_a_second_run_says_how_much_is_known(run: Any, spoilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spoilt)
    assert "as they were" not in capsys.readouterr().err
    run(spoilt)
    assert "4 of 4 files are as they were when they were read last" in capsys.readouterr().err


def test_what_is_broken_is_quarantined_and_the_rest_goes_on(run: Any, spoilt: Path) -> None:
    assert run(spoilt) == {"images": 1, "refused": 3, "moved": 1}
    assert run.refused() == {"0.jpg": "is not an image", "2.png": "is truncated", "3.gif": "is empty"}


def test_refused_images_count_as_positions(run: Any, spoilt: Path) -> None:
    run(spoilt)
    assert read_table(run.images)["position"].tolist() == [1]
    assert pd.read_parquet(run.quarantine)["position"].tolist() == [0, 2, 3]


def test_each_refusal_is_told(run: Any, spoilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spoilt)
    assert f"refused {spoilt}/0.jpg: is not an image" in capsys.readouterr().err


def test_of_many_refusals_the_first_are_told_and_the_others_counted(
    run: Any, spoilt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(10, 17):
        (spoilt / f"{number}.jpg").write_bytes(b"text")
    run(spoilt)
    assert "refused 5 more; all are in the quarantine table" in capsys.readouterr().err


def test_nothing_is_written_when_nothing_is_accepted(run: Any, spoilt: Path) -> None:
    (spoilt / "1.png").unlink()
    with pytest.raises(UserError) as error:
        run(spoilt)
    assert str(error.value) == (f"no image in {spoilt} can be used; the first of 3, {spoilt}/0.jpg, is not an image")
    assert not run.images.exists()
    assert not run.quarantine.exists()


def test_a_spreadsheet_brings_labels_and_its_other_columns(run: Any, photos: Path, tmp_path: Path) -> None:
    rows = pd.DataFrame({"image": [f"{photos}/thing-00/{view}.png" for view in range(4)]})
    rows.assign(label=["a", "a", "b", None], weather="rain").to_csv(tmp_path / "products.csv", index=False)
    assert run(tmp_path / "products.csv") == {"images": 4, "refused": 0, "moved": 4, "labels": 2}
    table = read_table(run.images)
    assert table["label"].tolist() == ["a", "a", "b", None]
    assert table["weather"].tolist() == ["rain"] * 4


def test_rows_that_cannot_be_read_are_quarantined_with_the_reason(run: Any, photos: Path, tmp_path: Path) -> None:
    uris = [f"{photos}/thing-00/0.png", "missing.png", "s3://bucket/c.png", ""]
    pd.DataFrame({"image": uris, "label": list("abcd")}).to_csv(tmp_path / "products.csv", index=False)
    assert run(tmp_path / "products.csv") == {"images": 1, "refused": 3, "moved": 1, "labels": 1}
    assert run.refused() == {
        "missing.png": "does not exist",
        "c.png": "starts with s3://, which cannot be read; use a path, file:// or gs://",
        "": "names no image",
    }


def test_one_file_under_two_names_is_stored_once_and_listed_twice(run: Any, spoilt: Path) -> None:
    shutil.copy(spoilt / "1.png", spoilt / "9.png")
    run(spoilt)
    table = read_table(run.images)
    assert len(table) == 2
    assert table["offset"].nunique() == table["image_id"].nunique() == 1


def test_a_bucket_is_a_source_like_any_folder(run: Any, photos: Path, bucket: str) -> None:
    for view in (10, 9):
        write_bytes(f"{bucket}/photos/mug/{view}.png", (photos / "thing-00" / "0.png").read_bytes())
    assert run(f"{bucket}/photos") == {"images": 2, "refused": 0, "moved": 1}
    assert read_table(run.images)["uri"].tolist() == [f"{bucket}/photos/mug/9.png", f"{bucket}/photos/mug/10.png"]


def test_rows_that_no_file_can_be_are_quarantined_and_the_rest_goes_on(run: Any, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    names = ["a\0.jpg", "x" * 300, "rows.csv/a.jpg", "a.jpg", "pipe.jpg", "/dev/zero", "file:///nowhere.jpg"]
    rows = [f"{photos}/thing-00/0.png", *names]
    (tmp_path / "rows.csv").write_text("\n".join(["image", *rows]))
    assert run(tmp_path / "rows.csv") == {"images": 1, "refused": 7, "moved": 1}
    assert pd.read_parquet(run.quarantine)["reason"].tolist() == [
        "has a zero byte in its name, which no file can have",
        "cannot be read or written: File name too long",
        "cannot be read or written: Not a directory",
        "cannot be read or written: Too many levels of symbolic links",
        "is a device or a pipe, not a file",
        "is a device or a pipe, not a file",
        "does not exist",
    ]


@pytest.mark.parametrize("kind", ["folder", "list"])
def test_a_limit_that_is_lowered_counts_for_what_is_known(run: Any, tmp_path: Path, kind: str) -> None:
    (tmp_path / "photos").mkdir()
    for name, side in (("large", 800), ("small", 100)):
        Image.new("RGB", (side, side)).save(tmp_path / "photos" / f"{name}.bmp")
    source = tmp_path / "photos"
    if kind == "list":
        source = tmp_path / "rows.csv"
        source.write_text("image\nphotos/large.bmp\nphotos/small.bmp\n")
    assert run(source)["images"] == 2
    assert run(source, most_megabytes=1) == {"images": 1, "refused": 1, "moved": 0}
    assert run.refused() == {"large.bmp": "is larger than 1 MiB (most_megabytes)"}
    assert run(source) == {"images": 2, "refused": 0, "moved": 0}


def test_files_of_one_size_and_time_that_swap_their_names_are_read_again(run: Any, tmp_path: Path) -> None:
    paths = [tmp_path / "photos" / f"{name}.bmp" for name in ("one", "two", "other")]
    paths[0].parent.mkdir()
    for path, color in zip(paths, ("red", "blue"), strict=False):
        Image.new("RGB", (9, 9), color).save(path)
        os.utime(path, (10**9, 10**9))
    run(tmp_path / "photos")
    for old, new in ((0, 2), (1, 0), (2, 1)):
        paths[old].rename(paths[new])
    assert run(tmp_path / "photos") == {"images": 2, "refused": 0, "moved": 0}
    assert list(read_images(run.table())) == [path.read_bytes() for path in paths[:2]]


@pytest.mark.parametrize("name", ["x" * 300, "file/store"])
def test_a_source_or_a_store_that_no_file_can_be_is_one_sentence(
    run: Any, photos: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UserError):
        run(tmp_path / name)
    run.store = tmp_path / name
    with pytest.raises(UserError, match="cannot be read or written"):
        run(photos)


def test_a_store_that_is_a_link_to_itself_is_one_sentence(run: Any, photos: Path, tmp_path: Path) -> None:
    run.store = tmp_path / "circle"
    run.store.symlink_to("circle")
    with pytest.raises(LookalikeError, match=r"circle/.* cannot be read or written"):
        run(photos)
    assert not run.images.exists()


def test_long_numbers_of_a_spreadsheet_keep_their_digits(run: Any, photos: Path, tmp_path: Path) -> None:
    rows = [f"{photos}/thing-00/{view}.png,{code}" for view, code in ((0, "12345678901234567"), (1, ""))]
    (tmp_path / "products.csv").write_text("\n".join(["image,code", *rows]))
    run(tmp_path / "products.csv")
    assert run.table()["code"].tolist() == [12345678901234567, None]
