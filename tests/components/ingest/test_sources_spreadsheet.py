"""Lists of images that lie in several places at once."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from web_server import Answer, Site, serving

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import Source, Unavailable, open_source
from lookalike_components.storage import write_bytes


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def listed(folder: Path, rows: pd.DataFrame, **settings: object) -> Source:
    """The source of a spreadsheet with these rows, which may name addresses of this machine."""
    rows.to_csv(folder / "list.csv", index=False)
    given = {"source": str(folder / "list.csv"), "store": "store", "private_addresses": True, **settings}
    return open_source(IngestConfig.from_arguments(given))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_paths_and_uris_of_every_kind_may_stand_in_one_list(tmp_path: Path, bucket: str, site: Site) -> None:
    (tmp_path / "a b.jpg").write_bytes(b"path")
    write_bytes(f"{bucket}/b.jpg", b"object")
    site["/c.jpg"] = Answer(body=b"page", headers={"ETag": '"7"'})
    uris = ["a b.jpg", f"file://{tmp_path}/a%20b.jpg", f"{bucket}/b.jpg", f"{site.url}/c.jpg", ""]
    with listed(tmp_path, pd.DataFrame({"image": uris, "label": list("abcde")})) as source:
        found = [source.read(uri) for uri in source.listing["uri"][:4]]
        assert [content.data for content in found if content] == [b"path", b"path", b"object", b"page"]
        assert found[3] == (b"page", 'etag:"7"')
        with pytest.raises(UserError, match="names no image"):
            source.read(source.listing["uri"][4])


def test_files_that_are_known_are_not_read_again(tmp_path: Path, bucket: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"path")
    write_bytes(f"{bucket}/b.jpg", b"object")
    with listed(tmp_path, pd.DataFrame({"image": ["a.jpg", f"{bucket}/b.jpg"]})) as source:
        for uri in source.listing["uri"]:
            content = source.read(uri)
            assert content
            assert content.version
            assert source.read(uri, unless=content.version) is None
        (tmp_path / "a.jpg").write_bytes(b"changed")
        changed = source.read(source.listing["uri"][0], unless=content.version)
        assert changed
        assert changed.data == b"changed"


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(2**20 + 1))
    source = listed(tmp_path, pd.DataFrame({"image": ["a.jpg"]}), most_megabytes=1)
    with pytest.raises(UserError, match="is larger than 1 MiB"):
        source.read(source.listing["uri"][0])


def test_a_list_without_a_header_is_read_as_finetuner_did(tmp_path: Path, site: Site) -> None:
    (tmp_path / "list.csv").write_text(f"{site.url}/a.jpg,a mug\nb.jpg,a lamp\n")
    with open_source(IngestConfig(source=str(tmp_path / "list.csv"), store="store")) as source:
        assert source.listing["uri"].tolist() == [f"{site.url}/a.jpg", f"{tmp_path}/b.jpg"]
        assert source.listing["label"].tolist() == ["a mug", "a lamp"]


def test_as_many_reads_are_useful_as_downloads_are_allowed(tmp_path: Path) -> None:
    rows = pd.DataFrame({"image": ["a.jpg", "HTTPS://shop.example/b.jpg"]})
    with listed(tmp_path, rows, downloads_at_once=7) as source:
        assert source.reads_at_once == 7
    with listed(tmp_path, rows[:1], downloads_at_once=7) as source:
        assert source.reads_at_once < 7


def test_addresses_of_this_machine_are_refused_unless_allowed(tmp_path: Path, site: Site) -> None:
    site["/a.jpg"] = Answer(body=b"inside")
    source = listed(tmp_path, pd.DataFrame({"image": [f"{site.url}/a.jpg"]}), private_addresses=False)
    with source, pytest.raises(UserError) as error:
        source.read(f"{site.url}/a.jpg")
    assert not isinstance(error.value, Unavailable)
    assert str(error.value) == (
        "lies at 127.0.0.1, which is not a public address; set ingest.private_addresses to fetch it"
    )


def test_a_password_in_a_url_is_nowhere_in_the_listing(tmp_path: Path) -> None:
    with listed(tmp_path, pd.DataFrame({"image": ["https://me:secret@shop.example/a@b.jpg"]})) as source:
        assert source.listing["uri"].tolist() == ["https://***@shop.example/a@b.jpg"]
        with pytest.raises(UserError, match=r"^carries a user name or a password"):
            source.read("https://***@shop.example/a@b.jpg")


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_bytes_that_broke_on_their_way_are_fetched_again(algorithm: str, tmp_path: Path, site: Site) -> None:
    digest = hashlib.new(algorithm, b"right").hexdigest().upper()
    site["/a.jpg"] = Answer(body=b"wrong"), Answer(body=b"right")
    with listed(tmp_path, pd.DataFrame({"image": [f"{site.url}/a.jpg"], algorithm: [digest]})) as source:
        content = source.read(f"{site.url}/a.jpg")
        assert content
        assert content.data == b"right"
        assert source.listing["version"].tolist() == [f"{algorithm}:{digest.lower()}"]


def test_bytes_that_are_not_what_the_list_says_are_refused(tmp_path: Path, site: Site) -> None:
    (tmp_path / "b.jpg").write_bytes(b"wrong")
    (tmp_path / "c.jpg").write_bytes(b"unsaid")
    site["/a.jpg"] = Answer(body=b"wrong")
    rows = {"image": [f"{site.url}/a.jpg", "b.jpg", "c.jpg"], "sha256": [sha256(b"right"), sha256(b"right"), None]}
    with listed(tmp_path, pd.DataFrame(rows)) as source:
        for uri in source.listing["uri"][:2]:
            with pytest.raises(UserError, match=r"^is not the file that its sha256 names$"):
                source.read(uri)
        assert source.read(source.listing["uri"][2])
    assert len(site.requests) == 3


@pytest.mark.parametrize(
    ("digests", "sentence"),
    [
        (["1234", None], "has '1234' for the sha256 of row 1; write 64 hexadecimal digits, or rename the column"),
        (["a" * 64, "b" * 64], "gives two sha256 to {folder}/a.jpg; keep the right one"),
    ],
)
def test_checksums_that_make_no_sense_are_one_sentence(digests: list[str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        listed(tmp_path, pd.DataFrame({"image": ["a.jpg", "a.jpg"], "sha256": digests}))
    assert str(error.value) == f"{tmp_path}/list.csv " + sentence.format(folder=tmp_path)
