"""A release that was touched, or is none, is refused with one sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release.manifest import Manifest

FILES = ["encoder.onnx", "index.faiss", "index.parquet", "model_card.md"]


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_any_file_is_noticed(folder: Path, flip: Callable[[str], None], name: str):
    flip(name)
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    expected = f"{name} in the release {folder} is not what was sealed (its sha256 differs); copy it again"
    assert str(error.value) == expected


def test_a_changed_threshold_is_noticed(folder: Path):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.9", "0.1"), encoding="utf-8")
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    expected = f"manifest.json in the release {folder} is not what was sealed (its sha256 differs); copy it again"
    assert str(error.value) == expected


def test_a_missing_file_is_named(folder: Path):
    (folder / "index.faiss").unlink()
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    assert str(error.value) == f"index.faiss is missing from the release {folder}; copy the whole folder again"


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path):
    with pytest.raises(UserError) as error:
        Manifest.read(tmp_path)
    expected = f"{tmp_path} is not a release (it has no manifest.json); pass the release folder of a finished run"
    assert str(error.value) == expected


def test_a_manifest_of_a_later_version_is_refused(folder: Path):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema_version": 2}), encoding="utf-8")
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder)
    assert str(error.value) == f"{path}: schema_version is 2: it should be 1; export the release again"


def test_releases_that_were_sealed_before_the_shape_of_pictures_was_a_choice_keep_their_digest(folder: Path):
    path = folder / "manifest.json"
    content = json.loads(path.read_bytes())
    assert content["encoder"].pop("aspect") == "squash"
    path.write_text(json.dumps(content), encoding="utf-8")
    Manifest.read(folder).verify(folder)


def test_a_release_for_pictures_of_another_shape_is_another_one(folder: Path):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("squash", "pad"), encoding="utf-8")
    with pytest.raises(LookalikeError, match="is not what was sealed"):
        Manifest.read(folder).verify(folder)
