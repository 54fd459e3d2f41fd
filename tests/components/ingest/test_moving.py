"""What moves, counted: a second run nothing, a grown source what is new, two runs at once nothing twice."""

import hashlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import webdataset
from PIL import Image

from lookalike_components.dataset import read_images
from lookalike_components.storage import list_files, upload_folder, write_bytes

KILOBYTE = 1000
INGEST = """
import sys
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest

source, store, folder = sys.argv[1:]
ingest(IngestConfig(source=source, store=store, shard_megabytes=1), f"{folder}/images", f"{folder}/quarantine")
"""


def size_of(store: Path) -> int:
    return sum(path.stat().st_size for path in store.rglob("*") if path.is_file())


def test_a_second_run_reads_no_image_of_a_bucket(run: Any, photos: Path, watched_bucket: Any) -> None:
    for path in sorted(photos.glob("thing-0[0-3]/*.png")):
        write_bytes(f"{watched_bucket.uri}/photos/{path.parent.name}/{path.name}", path.read_bytes())
    write_bytes(f"{watched_bucket.uri}/photos/broken.png", b"a text")
    run.store = f"{watched_bucket.uri}/store"
    assert run(f"{watched_bucket.uri}/photos") == {"images": 24, "refused": 1, "moved": 24}
    assert len(watched_bucket.of("download", ".png")) == 25
    first = run.table()
    watched_bucket.reset()
    assert run(f"{watched_bucket.uri}/photos") == {"images": 24, "refused": 1, "moved": 0}
    assert watched_bucket.of("download", ".png") == []
    assert watched_bucket.of("download", ".tar") == []
    assert watched_bucket.of("upload") == watched_bucket.of("begin") == []
    pd.testing.assert_frame_equal(run.table(), first)


def test_a_grown_source_moves_what_is_new(run: Any, photos: Path, watched_bucket: Any, tmp_path: Path) -> None:
    paths = sorted(photos.glob("*/*.png"))[:101]
    (tmp_path / "first").mkdir()
    for number, path in enumerate(paths[:100]):
        shutil.copy(path, tmp_path / "first" / f"{number}.png")
    upload_folder(tmp_path / "first", f"{watched_bucket.uri}/photos")
    run.store = f"{watched_bucket.uri}/store"
    run(f"{watched_bucket.uri}/photos")
    write_bytes(f"{watched_bucket.uri}/photos/50b.png", paths[100].read_bytes())
    watched_bucket.reset()
    assert run(f"{watched_bucket.uri}/photos")["moved"] == 1
    assert watched_bucket.moved("download", ".png") == paths[100].stat().st_size
    assert watched_bucket.moved("upload", ".tar") < 15 * KILOBYTE  # a tar is filled up to ten kibibytes
    assert run.table()["shard"].nunique() == 2


def test_a_file_that_was_replaced_is_read_again(run: Any, photos: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(photos / "thing-00", source)
    run(source)
    (source / "3.png").write_bytes((photos / "thing-01" / "3.png").read_bytes())
    (source / "4.png").write_bytes(b"a text")
    assert run(source) == {"images": 5, "refused": 1, "moved": 1}
    assert list(read_images(run.table())) == [Path(uri).read_bytes() for uri in run.table()["uri"]]


def test_a_file_that_was_touched_is_read_and_not_written(run: Any, photos: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(photos / "thing-00", source)
    run(source)
    first = run.outcome()
    (source / "3.png").touch()
    assert run(source) == {"images": 6, "refused": 0, "moved": 0}
    pd.testing.assert_frame_equal(run.outcome()[0], first[0])


def test_what_could_not_be_read_is_tried_again(run: Any, photos: Path, tmp_path: Path) -> None:
    pd.DataFrame({"image": [f"{photos}/thing-00/0.png", "late.png"]}).to_csv(tmp_path / "list.csv", index=False)
    assert run(tmp_path / "list.csv")["refused"] == 1
    (tmp_path / "late.png").write_bytes((photos / "thing-00" / "1.png").read_bytes())
    assert run(tmp_path / "list.csv") == {"images": 2, "refused": 0, "moved": 1}


def test_files_that_are_only_named_are_not_read_twice_either(run: Any, photos: Path, tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    pd.DataFrame({"image": sorted(map(str, photos.glob("thing-00/*.png")))}).to_csv(source, index=False)
    run(source)
    ledger = set((run.store / "ledger").iterdir())
    assert run(source) == {"images": 6, "refused": 0, "moved": 0}
    assert set((run.store / "ledger").iterdir()) == ledger


def test_rows_that_name_one_file_are_read_once_and_all_listed(run: Any, photos: Path, tmp_path: Path) -> None:
    names = [f"{photos}/thing-00/{view}.png" for view in (0, 1, 0)]
    pd.DataFrame({"image": names, "label": list("aba")}).to_csv(tmp_path / "list.csv", index=False)
    assert run(tmp_path / "list.csv") == {"images": 3, "refused": 0, "moved": 2, "labels": 2}
    assert run.table()["uri"].tolist() == names
    assert run.table()["position"].tolist() == [0, 1, 2]


@pytest.mark.slow
def test_two_runs_at_once_agree_and_store_everything_once(large_photos: Path, run: Any, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    commands = [[sys.executable, "-c", INGEST, large_photos, run.store, folder] for folder in folders]
    processes = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]
    assert [process.wait(60) for process in processes] == [0, 0]
    one, two = ((folder / "images").read_bytes() for folder in folders)
    assert one == two
    assert {path.name for path in run.store.glob("*.tar")} == {
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}.tar" for path in run.store.glob("*.tar")
    }
    assert run(large_photos, shard_megabytes=1)["moved"] == 0
    assert run.table()["image_id"].nunique() == sum(len(pd.read_parquet(path)) for path in run.store.glob("*.parquet"))


def test_shards_are_read_by_the_webdataset_library(run: Any, photos: Path) -> None:
    run(photos)
    shards = sorted(map(str, run.store.glob("*.tar")))
    read = {sample["__key__"]: sample["png"] for sample in webdataset.WebDataset(shards, shardshuffle=False)}
    table = run.table()
    assert list(read) == table["image_id"].drop_duplicates().tolist()
    assert list(read.values()) == list(read_images(table.drop_duplicates("image_id")))
    assert {Image.open(io.BytesIO(data)).size for data in read.values()} == {(48, 48)}


def test_the_store_of_a_bucket_holds_what_a_folder_would(run: Any, photos: Path, bucket: str, tmp_path: Path) -> None:
    run(photos / "thing-00")
    local = {path.relative_to(run.store).as_posix(): path.stat().st_size for path in run.store.glob("*.*")}
    run.store = f"{bucket}/store"
    run(photos / "thing-00")
    remote = {file.uri.removeprefix(f"{bucket}/store/"): file.nbytes for file in list_files(run.store)}
    assert {name: nbytes for name, nbytes in remote.items() if not name.startswith("ledger/")} == local
