"""Training goes on from an encoder that was trained before, and refuses settings that ask for another one."""

from pathlib import Path

import pytest
import torch

from lookalike_components import storage
from lookalike_components.encoder import folder
from lookalike_components.encoder.model import build
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.start import parent_of, starting_encoder


@pytest.fixture
def parent(weights: Path, tmp_path: Path) -> Path:
    """A small encoder with a head of its own, in its folder."""
    torch.manual_seed(1)
    folder.save(build("resnet18", str(weights), 32, dimension=16), tmp_path / "parent")
    return tmp_path / "parent"


def config(start_from: str | Path, **settings: object) -> TrainConfig:
    usual = {"model": "resnet18", "epochs": 1, "classes_per_batch": 4}
    return TrainConfig(**usual | {"start_from": str(start_from)} | settings)


def assert_same_weights(one: torch.nn.Module, other: torch.nn.Module) -> None:
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)


def test_starts_with_the_weights_of_the_parent(parent: Path, table: Path):
    with parent_of(config(parent)) as found:
        assert_same_weights(starting_encoder(config(parent), found, table), folder.load(parent))


def test_the_parent_may_lie_in_a_bucket(parent: Path, table: Path, bucket: str):
    uri = storage.join(bucket, "encoders", "parent")
    storage.upload_folder(parent, uri)
    with parent_of(config(uri)) as found:
        assert_same_weights(starting_encoder(config(uri), found, table), folder.load(parent))


def test_sizes_that_are_left_out_are_the_parents(parent: Path, table: Path, tmp_path: Path):
    fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config(parent, loss="ProxyAnchorLoss", miner=""))
    child = folder.read_config(tmp_path / "encoder")
    assert (child.input_size, child.dimension, child.head) == (32, 16, True)


def test_the_child_names_its_parent(parent: Path, table: Path, tmp_path: Path):
    fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config(parent))
    assert folder.read_config(tmp_path / "encoder").parent == folder.digest(parent)


@pytest.mark.parametrize(
    ("name", "asked", "own"),
    [("model", "resnet50", "resnet18"), ("input_size", 64, 32), ("resize", "fast", "exact"), ("dimension", 8, 16)],
)
def test_a_setting_that_contradicts_the_parent_is_refused(parent: Path, name: str, asked: object, own: object):
    with pytest.raises(UserError) as error, parent_of(config(parent, **{name: asked})):
        pass
    assert str(error.value) == (
        f"{name} is {asked}, but the encoder {parent} to start from has {own}; "
        f"set {name} to {own}, or leave start_from empty"
    )


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="is not an encoder's folder"), parent_of(config(tmp_path)):
        pass
