"""The whole step on every kind of source: the same pictures give the same table, wherever they come from."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import webdataset
from web_server import Answer, Site, serving

from lookalike_components.dataset import read_images, read_table
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.progress import Facts

SAME = ["image_id", "position", "nbytes", "format", "width", "height", "perceptual_hash"]


class Ingested:
    """One run of the step and what came of it."""

    def __init__(self, source: Path | str, folder: Path, **settings: object) -> None:
        self.store = folder / "store"
        given = {"source": str(source), "store": str(self.store), "private_addresses": True} | settings
        self.facts: Facts = ingest(IngestConfig.from_arguments(given), folder / "images", folder / "quarantine")
        self.table = read_table(folder / "images")
        self.quarantine = pd.read_parquet(folder / "quarantine")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def pictures(photos: Path) -> list[Path]:
    return sorted(photos.glob("thing-0[0-4]/*.png"))


@pytest.fixture
def folder(pictures: list[Path], tmp_path: Path) -> Path:
    for picture in pictures:
        target = tmp_path / "photos" / picture.parent.name / picture.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture.read_bytes())
    return tmp_path / "photos"


def make_tar(folder: Path, path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, arcname="photos")
    return path


def make_zip(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder))
    return path


def make_shards(folder: Path, path: Path) -> Path:
    path.mkdir()
    with webdataset.ShardWriter(str(path / "s-%03d.tar"), maxcount=7, verbose=0, encoder=False) as writer:
        for number, file in enumerate(sorted(folder.rglob("*.png"))):
            writer.write({"__key__": f"{number:04}", "png": file.read_bytes(), "cls": file.parent.name.encode()})
    return path


MAKERS: dict[str, Callable[[Path, Path], Path]] = {
    "photos.tar": lambda folder, path: make_tar(folder, path, "w"),
    "photos.tar.gz": lambda folder, path: make_tar(folder, path, "w:gz"),
    "photos.zip": make_zip,
    "shards": make_shards,
}


@pytest.mark.parametrize("name", ["photos.tar", "photos.tar.gz", "photos.zip"])
def test_the_parent_folder_in_an_archive_can_be_a_label(name: str, folder: Path, tmp_path: Path) -> None:
    found = Ingested(MAKERS[name](folder, tmp_path / name), tmp_path / "run").table
    assert {Path(uri).parent.name for uri in found["uri"]} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("name", MAKERS)
def test_every_kind_of_source_gives_the_same_table(
    name: str, folder: Path, pictures: list[Path], tmp_path: Path
) -> None:
    expected = Ingested(folder, tmp_path / "1").table
    found = Ingested(MAKERS[name](folder, tmp_path / name), tmp_path / "2").table
    assert found[SAME].equals(expected[SAME])
    assert list(read_images(found)) == [picture.read_bytes() for picture in pictures]


def test_shards_that_exist_already_are_not_copied(folder: Path, tmp_path: Path) -> None:
    run = Ingested(make_shards(folder, tmp_path / "shards"), tmp_path / "run")
    assert set(run.table["shard"]) == {str(path) for path in (tmp_path / "shards").iterdir()}
    assert list(run.store.glob("**/*.tar")) == []
    assert run.table["label"].tolist() == [file.parent.name for file in sorted(folder.rglob("*.png"))]


def test_a_second_run_on_a_list_of_urls_moves_nothing(folder: Path, site: Site, tmp_path: Path) -> None:
    files = sorted(folder.rglob("*.png"))
    for number, file in enumerate(files):
        site[f"/{number}"] = Answer(body=file.read_bytes(), headers={"ETag": f'"{number}"'}), Answer(304)
    pd.DataFrame({"image": [f"{site.url}/{number}" for number in range(len(files))]}).to_csv(tmp_path / "list.csv")
    first = Ingested(tmp_path / "list.csv", tmp_path / "run").table
    again = Ingested(tmp_path / "list.csv", tmp_path / "run")
    assert again.table.equals(first)
    assert again.facts["moved"] == 0
    assert [request.headers.get("if-none-match") for request in site.requests[len(files) :]].count(None) == 0


def test_what_fails_for_a_while_is_tried_again_by_the_next_run(folder: Path, site: Site, tmp_path: Path) -> None:
    files = sorted(folder.rglob("*.png"))[:2]
    site["/0"] = Answer(body=files[0].read_bytes())
    site["/1"] = Answer(404), Answer(body=files[1].read_bytes())
    (tmp_path / "list.txt").write_text(f"{site.url}/0\n{site.url}/1\n")
    run = Ingested(tmp_path / "list.txt", tmp_path / "run")
    assert run.quarantine[["position", "reason"]].to_numpy().tolist() == [[1, "answers 404 Not Found"]]
    assert len(Ingested(tmp_path / "list.txt", tmp_path / "run").table) == 2
