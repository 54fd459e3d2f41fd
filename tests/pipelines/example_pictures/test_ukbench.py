import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner
from web_server import Answer, Site, serving

from lookalike.cli.app import app
from lookalike.example_pictures import write_ukbench_list
from lookalike_components.dataset import read_images, read_table
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label


@pytest.fixture
def archive_org() -> Iterator[Site]:
    with serving() as site:
        yield site


def test_the_list_is_the_walkthroughs(tmp_path: Path) -> None:
    assert write_ukbench_list(tmp_path / "ukbench.csv") == 2000
    images = pd.read_csv(tmp_path / "ukbench.csv")["image"]
    assert len(images) == 2000
    assert images[0] == "https://archive.org/download/ukbench/ukbench.zip/full%2Fukbench00000.jpg"
    assert images[1999] == "https://archive.org/download/ukbench/ukbench.zip/full%2Fukbench01999.jpg"


def test_a_list_that_is_there_is_left_alone(tmp_path: Path) -> None:
    write_ukbench_list(tmp_path / "ukbench.csv")
    before = (tmp_path / "ukbench.csv").stat().st_mtime_ns
    write_ukbench_list(tmp_path / "ukbench.csv")
    assert (tmp_path / "ukbench.csv").stat().st_mtime_ns == before


def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "ukbench.csv").write_text("image\nmine.jpg\n")
    with pytest.raises(UserError) as error:
        write_ukbench_list(tmp_path / "ukbench.csv")
    assert str(error.value) == (
        f"{tmp_path}/ukbench.csv is there already and holds something else; name a file that does not exist"
    )


def test_a_name_by_which_ingest_would_not_know_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not end in \.csv"):
        write_ukbench_list(tmp_path / "ukbench")


def test_the_command_says_what_to_type_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["example", "ukbench"])
    assert done.stdout == "ukbench.csv\n"
    assert "next: lookalike fit ukbench.csv --config examples/ukbench.yaml" in done.stderr
    assert len((tmp_path / "ukbench.csv").read_text().splitlines()) == 2001


@pytest.mark.slow
def test_the_list_is_ingested_from_a_server_of_the_same_layout(
    archive_org: Site, tmp_path: Path, photographer: Callable[..., Image.Image]
) -> None:
    pictures = []
    for number in range(2000):
        file = io.BytesIO()
        photographer(number // 4, number % 4, size=16).save(file, "JPEG")
        pictures.append(file.getvalue())
        archive_org[f"/download/ukbench/ukbench.zip/full%2Fukbench{number:05d}.jpg"] = Answer(body=pictures[-1])
    write_ukbench_list(tmp_path / "ukbench.csv", site=archive_org.url)
    config = IngestConfig(source=str(tmp_path / "ukbench.csv"), store=str(tmp_path / "store"), private_addresses=True)
    facts = ingest(config, tmp_path / "images", tmp_path / "quarantine")
    assert (facts["images"], facts["refused"]) == (2000, 0)
    label(tmp_path / "images", tmp_path / "labelled", LabelConfig(rule="position", images_per_label=4))
    table = read_table(tmp_path / "labelled")
    assert table["position"].tolist() == list(range(2000))
    assert table["label"].astype(int).tolist() == [number // 4 for number in range(2000)]
    assert list(read_images(table)) == pictures
    assert archive_org.most_at_once <= config.downloads_at_once
