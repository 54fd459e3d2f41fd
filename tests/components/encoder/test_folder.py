"""An encoder comes back from its folder as it went in."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lookalike_components.encoder import folder
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import LookalikeError, UserError


@pytest.fixture
def saved(encoder: Encoder, tmp_path: Path) -> Path:
    folder.save(encoder, tmp_path / "encoder")
    return tmp_path / "encoder"


def test_a_saved_encoder_embeds_as_before(encoder: Encoder, saved: Path, pixels: np.ndarray):
    again = folder.load(saved)
    assert again.config == encoder.config
    np.testing.assert_array_equal(encode(again, [pixels[:4]]), encode(encoder, [pixels[:4]]))


def test_a_head_is_saved_too(weights: Path, tmp_path: Path, pixels: np.ndarray):
    encoder = build("resnet18", str(weights), 32, dimension=8)
    folder.save(encoder, tmp_path / "encoder")
    np.testing.assert_array_equal(
        encode(folder.load(tmp_path / "encoder"), [pixels[:2]]), encode(encoder, [pixels[:2]])
    )


def test_the_folder_holds_two_files_and_no_pickle(saved: Path):
    assert sorted(path.name for path in saved.iterdir()) == ["encoder.json", "encoder.safetensors"]
    assert sorted(path.name for path in saved.parent.iterdir()) == ["encoder"]


def test_whoever_may_read_the_config_may_read_the_weights(saved: Path):
    config, weights = ((saved / name).stat().st_mode for name in ("encoder.json", "encoder.safetensors"))
    assert weights == config


def test_the_digest_changes_with_one_weight(encoder: Encoder, saved: Path, tmp_path: Path, weights: Path):
    other = build("resnet18", str(weights), 32)
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1
    folder.save(other, tmp_path / "other")
    assert folder.digest(tmp_path / "other") != folder.digest(saved)


def test_a_folder_in_use_is_not_overwritten(encoder: Encoder, saved: Path):
    with pytest.raises(UserError) as error:
        folder.save(encoder, saved)
    assert str(error.value) == f"{saved} is not empty; save the encoder to a new folder"


def test_a_folder_without_an_encoder_is_named(tmp_path: Path):
    with pytest.raises(UserError) as error:
        folder.load(tmp_path)
    expected = f"{tmp_path} is not an encoder's folder (it has no encoder.json); pass the one that train wrote"
    assert str(error.value) == expected


def test_damaged_weights_are_refused(saved: Path):
    (saved / "encoder.safetensors").write_bytes(b"half")
    with pytest.raises(LookalikeError) as error:
        folder.load(saved)
    assert str(error.value) == f"{saved / 'encoder.safetensors'} is damaged; train or copy the encoder again"


def test_a_config_of_a_later_version_is_refused(saved: Path):
    path = saved / "encoder.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema_version": 3}), encoding="utf-8")
    with pytest.raises(LookalikeError) as error:
        folder.load(saved)
    assert str(error.value) == f"{path}: schema_version is 3: it should be 2; train the encoder again"
