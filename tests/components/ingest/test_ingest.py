import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lookalike_components.dataset import read_images, read_table
from lookalike_components.errors import UserError
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
