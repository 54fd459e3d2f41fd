"""A release is written whole or not at all, and says exactly what is in it."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.release.manifest import EncoderFacts, IndexFacts, Manifest
from lookalike_components.release.sealing import seal, write_index

FACTS = EncoderFacts(model="mean", dimension=3, input_size=8, resize="exact", licence="none", digest="0" * 64)


def test_the_manifest_names_every_file_with_its_sha256(folder: Path):
    others = [path for path in folder.iterdir() if path.name != "manifest.json"]
    expected = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in others}
    assert Manifest.read(folder).files == expected
    assert set(expected) == {"encoder.onnx", "index.faiss", "index.parquet", "model_card.md"}


def test_the_manifest_counts_the_images_and_the_labels_of_the_index(folder: Path):
    assert Manifest.read(folder).index == IndexFacts(images=6, labels=3)


def test_the_draft_becomes_the_release(draft: Path, tmp_path: Path):
    manifest = seal(draft, tmp_path / "release", "colours", FACTS, threshold=None)
    assert not draft.exists()
    assert Manifest.read(tmp_path / "release") == manifest


def test_the_same_content_has_the_same_digest_whenever_it_is_sealed(draft: Path, tmp_path: Path):
    first = seal(draft, tmp_path / "first", "colours", FACTS, threshold=0.9)
    again = first.model_copy(update={"created": "2001-01-01T00:00:00+00:00"}).sealed()
    assert again.digest == first.digest


def test_another_threshold_makes_another_digest(folder: Path):
    manifest = Manifest.read(folder)
    assert manifest.model_copy(update={"threshold": 0.5}).sealed().digest != manifest.digest


def test_a_release_is_never_changed(draft: Path, folder_with_something: Path):
    with pytest.raises(UserError) as error:
        seal(draft, folder_with_something, "colours", FACTS, threshold=0.9)
    expected = f"{folder_with_something} is not empty and a release is never changed; export to another folder"
    assert str(error.value) == expected
    assert [path.name for path in folder_with_something.iterdir()] == ["something"]


@pytest.fixture
def folder_with_something(tmp_path: Path) -> Path:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "something").touch()
    return folder


def test_an_index_of_other_images_than_its_table_is_refused(tmp_path: Path, table: pd.DataFrame, vectors: np.ndarray):
    with pytest.raises(ValueError, match="5 vectors for 6 images"):
        write_index(tmp_path, vectors[:5], table)
