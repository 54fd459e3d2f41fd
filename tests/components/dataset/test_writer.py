import hashlib
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import ShardWriter, read_image, read_images

Store = Callable[..., pd.DataFrame]


def shards(store: Path) -> dict[str, int]:
    """Names and times of the last change; the store's files never change, so the times tell whether one was written."""
    return {path.name: path.stat().st_mtime_ns for path in store.iterdir() if path.is_file()}


def test_what_is_added_is_read_back_byte_by_byte(table: pd.DataFrame, pictures: list[bytes]) -> None:
    assert list(read_images(table)) == pictures


def test_an_image_is_named_by_its_content(table: pd.DataFrame, pictures: list[bytes]) -> None:
    assert list(table["image_id"]) == [hashlib.sha256(data).hexdigest() for data in pictures]


def test_a_shard_is_a_tar_that_others_can_read(table: pd.DataFrame, pictures: list[bytes]) -> None:
    first = table.iloc[0]
    with tarfile.open(first["shard"]) as tar:
        member = tar.getmembers()[0]
        assert (member.name, member.offset_data, member.size) == (
            f"{first['image_id']}.png",
            first["offset"],
            first["nbytes"],
        )


def test_a_shard_is_named_by_its_content(table: pd.DataFrame) -> None:
    shard = Path(table["shard"].iloc[0])
    assert shard.name == f"{hashlib.sha256(shard.read_bytes()).hexdigest()}.tar"


def test_shards_are_closed_at_their_size(table: pd.DataFrame) -> None:
    assert table.groupby("shard").size().tolist() == [4, 4, 4]


def test_the_same_image_is_written_once(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    table = stored([pictures[0], pictures[1], pictures[0]], tmp_path)
    assert table["offset"].nunique() == 2
    assert table.loc[0, ["shard", "offset", "nbytes"]].equals(table.loc[2, ["shard", "offset", "nbytes"]])


def test_a_second_run_writes_nothing_and_finds_everything(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    first, before = stored(pictures, tmp_path), shards(tmp_path)
    assert stored(pictures, tmp_path).equals(first)
    assert shards(tmp_path) == before


def test_a_run_with_more_images_writes_the_new_ones_alone(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    first, before = stored(pictures[3:9], tmp_path), shards(tmp_path)
    second = stored(pictures, tmp_path)
    assert before.items() < shards(tmp_path).items()
    assert second["shard"].nunique() == 2
    assert second.loc[3:8, "shard"].tolist() == first["shard"].tolist()
    assert list(read_images(second)) == pictures


def test_a_writer_that_fails_leaves_whole_shards_alone(pictures: list[bytes], tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, shard_bytes=8_000)
    with pytest.raises(KeyboardInterrupt):
        fill_and_fail(writer, pictures[:6])
    assert len(shards(tmp_path)) == 2  # the tar of four, and its list


def fill_and_fail(writer: ShardWriter, images: list[bytes]) -> None:
    with writer:
        for data in images:
            writer.add(data, "PNG")
        raise KeyboardInterrupt


def test_a_killed_run_goes_on_where_it_stopped(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = stored(pictures, tmp_path / "whole", shard_bytes=8_000)
    with pytest.raises(KeyboardInterrupt):
        fill_and_fail(ShardWriter(tmp_path / "killed", shard_bytes=8_000), pictures[:6])
    resumed = stored(pictures, tmp_path / "killed", shard_bytes=8_000)
    assert list(read_images(resumed)) == pictures
    assert [Path(shard).name for shard in resumed["shard"]] == [Path(shard).name for shard in whole["shard"]]


def test_a_shard_without_its_list_is_found_again(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    first = stored(pictures, tmp_path)
    next(tmp_path.glob("*.contents.parquet")).unlink()
    assert stored(pictures, tmp_path).equals(first)


def test_a_list_without_its_shard_is_not_believed(stored: Store, pictures: list[bytes], tmp_path: Path) -> None:
    table = stored(pictures, tmp_path)
    Path(table["shard"].iloc[0]).unlink()
    assert list(read_images(stored(pictures, tmp_path))) == pictures


def test_one_image_is_read_by_its_range(table: pd.DataFrame, pictures: list[bytes]) -> None:
    shard, offset, nbytes = table.loc[5, ["shard", "offset", "nbytes"]]
    assert read_image(shard, offset, nbytes) == pictures[5]


def test_a_store_in_a_bucket_is_written_once_and_read_through_the_cache(
    stored: Store, pictures: list[bytes], bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path))
    first = stored(pictures, f"{bucket}/store")
    assert stored(pictures, f"{bucket}/store").equals(first)
    assert list(read_images(first)) == pictures
    assert [path.name for path in (tmp_path / "shards").glob("*.tar")] == [Path(first["shard"][0]).name]
    assert read_image(*first.loc[5, ["shard", "offset", "nbytes"]]) == pictures[5]
