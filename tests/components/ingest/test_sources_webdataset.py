"""Shards that the library webdataset wrote, listed where they lie."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import webdataset
from watching_proxy import WatchedBucket

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import Source, check_exists, open_source
from lookalike_components.storage import create_file, read_range, write_bytes

Writer = Callable[..., Path]


def opened(source: Path | str, **settings: object) -> Source:
    return open_source(IngestConfig.from_arguments({"source": str(source), "store": "store"} | settings))


def shard(path: Path, *samples: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with webdataset.TarWriter(str(path), encoder=False) as writer:
        for number, sample in enumerate(samples):
            writer.write({"__key__": f"{number:04}", **sample})
    return path


def said(source: Source) -> list[dict[str, Any]]:
    """What is told of each image beside where it lies."""
    own = ["uri", "nbytes", "version", "shard", "offset"]
    return [dict(row) for row in source.listing.drop(columns=own).to_dict("records")]


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Five images in three shards, as the library cuts them."""
    folder = tmp_path / "shards"
    folder.mkdir()
    with webdataset.ShardWriter(str(folder / "s-%06d.tar"), maxcount=2, verbose=0) as writer:
        for number in range(5):
            writer.write({"__key__": f"mug/{number}", "jpg": f"image {number}".encode(), "cls": number // 2})
    return folder


def test_a_folder_of_shards_is_listed_and_not_copied(shards: Path) -> None:
    with opened(shards) as source:
        assert source.referenced
        assert [uri.removeprefix(f"{shards}/") for uri in source.listing["uri"]] == [
            "s-000000.tar!/mug/0.jpg",
            "s-000000.tar!/mug/1.jpg",
            "s-000001.tar!/mug/2.jpg",
            "s-000001.tar!/mug/3.jpg",
            "s-000002.tar!/mug/4.jpg",
        ]
        assert source.listing["label"].tolist() == ["0", "0", "1", "1", "2"]


def test_the_listing_says_where_the_bytes_lie(shards: Path) -> None:
    with opened(shards) as source:
        places = source.listing[["shard", "offset", "nbytes"]].itertuples(index=False, name=None)
        assert [read_range(*place) for place in places] == [f"image {number}".encode() for number in range(5)]
        assert [source.read(uri) for uri in source.listing["uri"]] == [
            (f"image {number}".encode(), "") for number in range(5)
        ]


def test_a_shard_that_is_written_again_is_another_version(shards: Path) -> None:
    before = opened(shards).listing["version"]
    shard(shards / "s-000001.tar", {"jpg": b"another"}, {"jpg": b"and another"})
    after = opened(shards).listing["version"]
    assert (before == after).tolist() == [True, True, False, False, True]


def test_braces_spell_out_shards(shards: Path) -> None:
    source = opened(f"{shards}/s-{{000000..000001}}.tar")
    assert source.referenced
    assert len(source.listing) == 4


def test_shards_in_a_bucket_are_listed_there(shards: Path, bucket: str) -> None:
    for path in shards.iterdir():
        create_file(f"{bucket}/s/{path.name}", path)
    with opened(f"{bucket}/s/s-{{000000..000002}}.tar") as braces, opened(f"{bucket}/s") as prefix:
        assert braces.listing.equals(prefix.listing)
        assert braces.read(braces.listing["uri"][4]) == (b"image 4", "")


def test_shards_in_a_bucket_are_read_through_once_for_each_version(shards: Path, watched_bucket: WatchedBucket) -> None:
    place = f"{watched_bucket.uri}/s"
    for path in shards.iterdir():
        create_file(f"{place}/{path.name}", path)
    first = opened(place, store=f"{watched_bucket.uri}/store").listing
    watched_bucket.reset()
    assert opened(place, store=f"{watched_bucket.uri}/store").listing.equals(first)
    assert watched_bucket.moved("download", ending=".tar") == 0
    write_bytes(f"{place}/s-000000.tar", shard(shards / "s-000000.tar", {"jpg": b"new"}).read_bytes())
    assert len(opened(place, store=f"{watched_bucket.uri}/store").listing) == 4


def test_one_shard_is_an_archive_unless_it_is_called_webdataset(shards: Path) -> None:
    assert not opened(shards / "s-000000.tar").referenced
    assert opened(shards / "s-000000.tar", kind="webdataset").referenced


def test_a_folder_that_holds_an_image_is_no_folder_of_shards(shards: Path) -> None:
    (shards / "a.jpg").touch()
    assert opened(shards).listing["uri"].tolist() == [str(shards / "a.jpg")]
    assert len(opened(shards, kind="webdataset").listing) == 5


def test_fields_and_captions_are_columns(tmp_path: Path) -> None:
    about = {"label": 7, "price": 3.5, "tags": ["a"], "uri": "elsewhere", "maker": None}
    samples = [
        {"jpg": b"a", "json": json.dumps(about).encode(), "txt": b"A cup.\n"},
        {"jpg": b"b", "json": b'{"label": "seven", "price": 4}'},
        {"jpg": b"c", "cls": b"8", "json": b'{"label": "not this one"}'},
        {"jpg": b"d"},
    ]
    path = shard(tmp_path / "s.tar", *samples)
    nothing = pytest.approx(float("nan"), nan_ok=True)
    assert said(opened(path, kind="webdataset")) == [
        {"label": "7", "price": 3.5, "tags": '["a"]', "maker": None, "txt": "A cup."},
        {"label": "seven", "price": 4.0, "tags": None, "maker": None, "txt": None},
        {"label": "8", "price": nothing, "tags": None, "maker": None, "txt": None},
        {"label": None, "price": nothing, "tags": None, "maker": None, "txt": None},
    ]


def test_a_field_of_several_types_is_text(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.tar", {"jpg": b"a", "json": b'{"size": 7}'}, {"jpg": b"b", "json": b'{"size": "XL"}'})
    assert said(opened(path, kind="webdataset")) == [{"size": "7"}, {"size": "XL"}]


@pytest.mark.parametrize(
    "beside", [{"json": b"{"}, {"json": b"[1]"}, {"json": b'{"a":' + b"[" * 10**5}, {"cls": b"\xff"}, {"txt": b"\xff"}]
)
def test_an_image_with_a_neighbour_that_cannot_be_read_is_refused(beside: dict[str, bytes], tmp_path: Path) -> None:
    source = opened(shard(tmp_path / "s.tar", {"jpg": b"a", **beside}, {"jpg": b"b"}), kind="webdataset")
    with pytest.raises(UserError, match=r"^has a \.cls, \.json or \.txt beside it that cannot be read$"):
        source.read(source.listing["uri"][0])
    assert source.read(source.listing["uri"][1]) == (b"b", "")


def test_a_mask_beside_an_image_is_no_image_of_its_own(tmp_path: Path) -> None:
    samples = [{"jpg": b"a", "mask.png": b"m"}, {"left.jpg": b"l", "right.jpg": b"r"}]
    source = opened(shard(tmp_path / "s.tar", *samples), kind="webdataset")
    assert [uri.rpartition("/")[2] for uri in source.listing["uri"]] == ["0000.jpg", "0001.left.jpg", "0001.right.jpg"]


def test_links_and_images_that_are_too_large_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        link, large = tarfile.TarInfo("a.jpg"), tarfile.TarInfo("b.jpg")
        link.type, link.linkname, large.size = tarfile.SYMTYPE, "/etc/passwd", 2**20 + 1
        archive.addfile(link)
        archive.addfile(large, io.BytesIO(bytes(large.size)))
    source = opened(tmp_path / "s.tar", kind="webdataset", most_megabytes=1)
    for uri, reason in zip(source.listing["uri"], ["is a link", "is larger than 1 MiB"], strict=True):
        with pytest.raises(UserError, match=reason):
            source.read(uri)


def test_of_images_with_one_name_the_last_counts(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.tar", {"__key__": "same", "jpg": b"first"}, {"__key__": "same", "jpg": b"second"})
    source = opened(path, kind="webdataset")
    assert [source.read(uri) for uri in source.listing["uri"]] == [(b"second", "")]


def test_a_torn_shard_is_one_sentence(shards: Path) -> None:
    path = shards / "s-000001.tar"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(UserError) as error:
        opened(shards)
    assert str(error.value).startswith(f"{path} is torn, or no tar archive")


def test_a_shard_that_is_missing_is_named(shards: Path) -> None:
    with pytest.raises(UserError) as error:
        check_exists(f"{shards}/s-{{000000..000003}}.tar")
    assert str(error.value).startswith(f"{shards}/s-000003.tar does not exist")


def test_a_shard_that_is_missing_in_a_bucket_is_named(bucket: str) -> None:
    with pytest.raises(UserError, match=r"s-1\.tar does not exist"):
        opened(f"{bucket}/s-{{1..2}}.tar")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("s-{0..1}.tar.gz", "s-0.tar.gz is no .tar file; shards that stay where they are cannot be compressed"),
        ("s-{0..1}}.tar", "has braces that do not match; write them like shards-{000..012}.tar"),
    ],
)
def test_braces_that_spell_out_no_shards_are_refused(name: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        opened(tmp_path / name)
    assert str(error.value).endswith(sentence)


def test_a_file_may_have_braces_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "photos {1,2}").mkdir()
    (tmp_path / "photos {1,2}" / "a.jpg").touch()
    assert len(opened(tmp_path / "photos {1,2}").listing) == 1
