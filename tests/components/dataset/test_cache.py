"""The cache of a machine: bounded, shared by processes, and never in the way of a reader."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import read_images
from lookalike_components.dataset.cache import mapped
from lookalike_components.errors import UserError
from lookalike_components.storage import write_bytes

KIBIBYTE = 2**10
READ = "import sys; from lookalike_components.dataset.cache import mapped; print(len(mapped(sys.argv[1])))"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache that holds a hundred kibibytes."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LOOKALIKE_CACHE_BYTES", str(100 * KIBIBYTE))
    return tmp_path / "cache" / "shards"


def upload(place: str, letter: str, nbytes: int = 40 * KIBIBYTE) -> str:
    """A shard of our own, named by its content."""
    content = letter.encode() * nbytes
    shard = f"{place}/{hashlib.sha256(content).hexdigest()}.tar"
    write_bytes(shard, content)
    return shard


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.tar")}


def name(shard: str) -> str:
    return shard.rpartition("/")[2]


def test_a_shard_is_fetched_once(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    watched_bucket.reset()
    for _ in range(3):
        assert bytes(mapped(shard)[:3]) == b"aaa"
    assert len(watched_bucket.of("download", name(shard))) == 1


def test_what_was_used_longest_ago_makes_room(kept: Path, bucket: str) -> None:
    first, second, third = (upload(bucket, letter) for letter in "abc")
    for shard in (first, second, first, third):
        mapped(shard)
    assert names(kept) == {name(first), name(third)}


def test_what_is_mapped_can_be_read_after_it_made_room(kept: Path, bucket: str) -> None:
    first, second, third = (upload(bucket, letter) for letter in "abc")
    pixels = mapped(first)
    mapped(second), mapped(third)
    assert name(first) not in names(kept)
    assert np.array_equal(pixels, np.full(40 * KIBIBYTE, ord("a"), np.uint8))


def test_what_a_killed_download_left_behind_makes_room_as_well(kept: Path, bucket: str) -> None:
    kept.mkdir(parents=True)
    rest = kept / f".{'0' * 64}.tar.0123.part"
    rest.write_bytes(bytes(90 * KIBIBYTE))
    os.utime(rest, (0, 0))
    mapped(upload(bucket, "a"))
    assert not rest.exists()


def test_a_bound_that_is_no_number_is_one_sentence(kept: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_CACHE_BYTES", "20GB")
    with pytest.raises(UserError) as error:
        mapped(upload(bucket, "a"))
    assert str(error.value) == "LOOKALIKE_CACHE_BYTES is 20GB; set it to a number of bytes"


def test_a_shard_of_other_people_is_known_by_its_place_and_version(kept: Path, bucket: str) -> None:
    for place, letter in (("one", b"a"), ("two", b"b"), ("one", b"c")):
        write_bytes(f"{bucket}/{place}/train-000.tar", letter * 10)
        assert bytes(mapped(f"{bucket}/{place}/train-000.tar")) == letter * 10


@pytest.mark.slow
def test_processes_that_want_the_same_shard_fetch_it_once(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    watched_bucket.reset()
    watched_bucket.fail("download", "slow", seconds=0.5)
    command = [sys.executable, "-c", READ, shard]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [reader.communicate()[0] for reader in readers] == [f"{40 * KIBIBYTE}\n"] * 3
    assert len(watched_bucket.of("download", name(shard))) == 1


def test_a_download_that_fails_leaves_nothing_that_looks_whole(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    watched_bucket.fail("download", "damaged", times=100)
    with pytest.raises(Exception, match="damaged"):
        mapped(shard)
    assert names(kept) == set()


def table_of(shard: str, offsets: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"shard": shard, "offset": offsets, "nbytes": 100})


def test_a_few_images_of_a_large_shard_are_read_by_range(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    watched_bucket.reset()
    assert list(read_images(table_of(shard, [300, 0, 200]))) == [b"a" * 100] * 3
    assert watched_bucket.moved("download", name(shard)) == 300
    assert names(kept) == set()


def test_many_images_of_a_shard_bring_it_here_whole(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    watched_bucket.reset()
    offsets = list(range(0, 20 * KIBIBYTE, 100))
    assert list(read_images(table_of(shard, offsets))) == [b"a" * 100] * len(offsets)
    assert len(watched_bucket.of("download", name(shard))) == 1
    assert names(kept) == {name(shard)}


def test_one_image_many_times_is_little_of_its_shard(kept: Path, watched_bucket: Any) -> None:
    shard = upload(watched_bucket.uri, "a")
    assert len(list(read_images(table_of(shard, [0] * 200)))) == 200
    assert names(kept) == set()
