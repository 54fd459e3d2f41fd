"""A folder through the real server, and through one that dies on the way."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lookalike.client.embeddings import encoding
from lookalike.client.embeddings.encoding import encode_source
from lookalike.client.embeddings.table import EmbeddingsFile, Origin
from lookalike.client.service import Embeddings, ServiceError
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import open_source


@pytest.fixture
def photos(tmp_path: Path, pictures: list[bytes]) -> Path:
    """40 pictures, and one file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, picture in enumerate(pictures):
        (folder / f"{number:02}.jpg").write_bytes(picture)
    (folder / "30-broken.jpg").write_bytes(b"nonsense")
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "embeddings.parquet"


def encoded(client, source, output, progress=lambda _: None):
    origin = Origin.of(client.manifest())
    with open_source(IngestConfig(source=str(source), store=".")) as opened:
        return encode_source(client, origin, opened, output, progress)


class Dying:
    """Passes on to a client until a number of requests is over."""

    def __init__(self, client, requests, encoder=""):
        self.client, self.requests, self.encoder = client, requests, encoder
        self.connections = 1
        self.manifest = client.manifest

    def embed(self, images):
        if not self.requests:
            raise ServiceError("no answer")
        self.requests -= 1
        found = self.client.embed(images)
        return Embeddings(found.vectors, self.encoder or found.encoder, found.release)


def test_every_picture_that_is_one_gets_its_vector(client, release, photos, pictures, output):
    counts = []
    outcome = encoded(client, photos, output, counts.append)
    frame = pd.read_parquet(output)
    assert (outcome.encoded, outcome.kept) == (40, 0)
    assert outcome.refused == {str(photos / "30-broken.jpg"): "is not an image"}
    assert frame["picture"].tolist() == [str(photos / f"{number:02}.jpg") for number in range(40)]
    assert frame["id"].tolist() == [hashlib.sha256(picture).hexdigest() for picture in pictures]
    np.testing.assert_array_equal(np.stack(frame["embedding"]), release.encode(pictures))
    assert sum(counts) == 41
    assert EmbeddingsFile(output).origin.release == release.manifest.digest


def test_labels_and_other_columns_of_a_table_are_kept(client, photos, tmp_path, output):
    rows = pd.DataFrame(
        {"uri": [f"photos/{n:02}.jpg" for n in range(3)], "label": ["mug", None, "cup"], "shop": [1, 2, 3]}
    )
    rows.to_parquet(tmp_path / "table.parquet")
    encoded(client, tmp_path / "table.parquet", output)
    frame = pd.read_parquet(output)
    assert frame["shop"].tolist() == [1, 2, 3]
    assert frame["label"].tolist() == ["mug", None, "cup"]


def test_what_was_done_before_an_interruption_is_not_done_again(client, photos, output, monkeypatch):
    monkeypatch.setattr(encoding, "ROWS", 8)
    with pytest.raises(ServiceError):
        encoded(Dying(client, requests=3), photos, output)
    assert not output.exists()
    rest = Dying(client, requests=100)
    outcome = encoded(rest, photos, output)
    assert outcome.kept > 0
    assert outcome.kept + outcome.encoded == 40
    assert list(outcome.refused.values()) == ["is not an image"]
    assert pq.read_metadata(output).num_rows == 40
    assert not output.with_name("embeddings.parquet.parts").exists()


def test_a_picture_that_changed_in_between_is_embedded_anew(client, release, photos, pictures, output, monkeypatch):
    monkeypatch.setattr(encoding, "ROWS", 8)
    with pytest.raises(ServiceError):
        encoded(Dying(client, requests=3), photos, output)
    (photos / "00.jpg").write_bytes(pictures[39] + b"\0")
    encoded(client, photos, output)
    np.testing.assert_array_equal(pd.read_parquet(output)["embedding"][0], release.encode([pictures[39]])[0])


def test_what_the_source_says_of_its_pictures_counts_as_it_is_now(client, photos, tmp_path, output, monkeypatch):
    monkeypatch.setattr(encoding, "ROWS", 2)
    names = [f"photos/{n:02}.jpg" for n in range(4)]
    write_table(tmp_path, uri=names, label=["old"] * 4)
    with pytest.raises(ServiceError):
        encoded(Dying(client, requests=1), tmp_path / "table.csv", output)
    write_table(tmp_path, uri=names, label=["new"] * 4, shop=[1, 2, 3, 4])
    encoded(client, tmp_path / "table.csv", output)
    frame = pd.read_parquet(output)
    assert frame["label"].tolist() == ["new"] * 4
    assert frame["shop"].astype(int).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["id", "picture", "embedding"])
def test_a_column_that_the_file_has_of_its_own_is_refused(client, photos, tmp_path, output, name):
    write_table(tmp_path, uri=["photos/00.jpg"], **{name: ["7"]})
    with pytest.raises(UserError) as error:
        encoded(client, tmp_path / "table.csv", output)
    assert (
        str(error.value) == f"the source has a column {name}, which the file has for something else; rename the column"
    )
    assert not output.with_name("embeddings.parquet.parts").exists()


def write_table(folder, **columns):
    pd.DataFrame(columns).to_csv(folder / "table.csv", index=False)


def test_a_server_that_takes_up_another_encoder_ends_it(client, photos, output):
    with pytest.raises(ServiceError, match="took up another encoder in between"):
        encoded(Dying(client, requests=9, encoder="0" * 64), photos, output)
    assert not output.exists()


def test_a_source_without_one_good_picture_is_the_users_fault(client, tmp_path, output):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(b"nonsense")
    with pytest.raises(UserError) as error:
        encoded(client, tmp_path / "bad", output)
    assert str(error.value) == f"no picture of the source could be embedded: {tmp_path}/bad/a.jpg is not an image"
    assert not output.exists()
