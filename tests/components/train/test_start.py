"""Training goes on from an encoder that was trained before, and refuses settings that ask for another one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lookalike_components import storage
from lookalike_components.encoder import folder
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import build
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import World
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.start import OF_THE_PARENT, agreed, parent_of, start_new_head, starting_encoder


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
    settings = {
        "start_from": str(parent),
        "steps": 1,
        "classes_per_batch": 4,
        "loss": "ProxyAnchorLoss",
        "variants": [],
    }
    fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", TrainConfig.from_arguments(settings))
    child = folder.read_config(tmp_path / "encoder")
    assert (child.input_size, child.dimension, child.head) == (32, 16, True)


def test_the_child_names_its_parent(parent: Path, table: Path, tmp_path: Path):
    fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config(parent))
    assert folder.read_config(tmp_path / "encoder").parent == folder.digest(parent)


@pytest.mark.parametrize(
    ("name", "asked", "own"),
    [
        ("model", "resnet50", "resnet18"),
        ("input_size", 64, 32),
        ("resize", "fast", "exact"),
        ("aspect", "pad", "squash"),
        ("pooling", "gem", "avg"),
        ("dimension", 8, 16),
    ],
)
def test_a_setting_that_contradicts_the_parent_is_refused(parent: Path, name: str, asked: object, own: object):
    contradicting = config(parent, **{name: asked})
    with pytest.raises(UserError) as error, parent_of(contradicting) as found:
        agreed(contradicting, found)
    assert str(error.value) == (
        f"{name} is {asked}, but the encoder {parent} to start from has {own}; "
        f"set {name} to {own}, or leave start_from empty"
    )


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="is not an encoder's folder"), parent_of(config(tmp_path)) as found:
        agreed(config(tmp_path), found)


@pytest.mark.parametrize("settings", [{}, {"model": "resnet50", "resize": "exact"}, {"model": "auto", "head": "pca"}])
def test_what_a_component_leaves_at_its_default_is_the_parents(tmp_path: Path, weights: Path, settings: dict[str, str]):
    parent = tmp_path / "padded"
    folder.save(build("resnet18", str(weights), 32, "fast", 16, "pad", "gem"), parent)
    asked = TrainConfig.from_arguments({"start_from": str(parent), **settings})
    found = agreed(asked, parent)
    assert [getattr(found, name) for name in OF_THE_PARENT] == ["resnet18", 32, "fast", "pad", "gem", 16]
    assert [each.model for each in found.each_variant()] == ["resnet18", "resnet18"]


def test_a_default_that_is_named_is_held_against_another_parent(parent: Path):
    with pytest.raises(UserError, match=r"^model is resnet50, but the encoder .* has resnet18; set model to resnet18"):
        agreed(TrainConfig(start_from=str(parent), model="resnet50"), parent)


def test_what_the_parent_cannot_do_is_refused(parent: Path):
    with pytest.raises(UserError, match=r"^matryoshka has the length 16, but an embedding has 16 numbers"):
        agreed(TrainConfig(start_from=str(parent), matryoshka=[16]), parent)


def test_a_parent_without_a_head_gets_none(weights: Path, tmp_path: Path):
    folder.save(build("resnet18", str(weights), 32), tmp_path / "headless")
    assert agreed(TrainConfig(start_from=str(tmp_path / "headless")), tmp_path / "headless").dimension == 0


@pytest.fixture
def pictures() -> Pictures:
    """48 pictures of noise of many colours, kept larger than the encoder takes them."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (48, 40, 40, 3)) * rng.random((48, 1, 1, 3))
    return Pictures(pixels.astype(np.uint8), np.arange(48) // 4)


def with_new_head(weights: Path, table: Path, **settings: object) -> tuple[torch.nn.Module, TrainConfig]:
    asked = config("", weights=str(weights), input_size=32, dimension=48, **settings)
    return starting_encoder(asked, None, table), asked


def test_a_new_head_starts_with_the_cosines_of_the_backbone(weights: Path, table: Path, pictures: Pictures):
    encoder, asked = with_new_head(weights, table, head="pca")
    pixels = pictures.pixels[:, 4:36, 4:36]
    start_new_head(encoder, Pictures(pixels, pictures.labels), asked)
    vectors, plain = encode(encoder, [pixels]), encode(build("resnet18", str(weights), 32), [pixels])
    np.testing.assert_allclose(vectors @ vectors.T, plain @ plain.T, atol=1e-4)


def test_a_head_that_starts_at_random_follows_the_seed(weights: Path, table: Path, pictures: Pictures):
    heads = []
    for seed in (3, 3, 4):
        encoder, asked = with_new_head(weights, table, head="random", seed=seed)
        start_new_head(encoder, pictures, asked)
        heads.append(encoder.head.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_a_parents_head_is_left_alone(parent: Path, table: Path, pictures: Pictures):
    asked = config(parent, dimension=16)
    with parent_of(asked) as found:
        encoder = starting_encoder(asked, found, table)
    start_new_head(encoder, pictures, asked)
    assert_same_weights(encoder, folder.load(parent))


def test_every_process_looks_at_its_share_of_the_pictures(weights: Path, table: Path, pictures: Pictures):
    looked_at = []

    class Share(World):
        def together(self, part: torch.Tensor, length: int) -> torch.Tensor:
            looked_at.append((len(part), length))
            return part

    encoder, asked = with_new_head(weights, table)
    start_new_head(encoder, pictures, asked, Share(rank=1, size=3))
    assert looked_at == [(16, 48)]


def test_the_encoder_says_which_lengths_it_is_trained_to_do_for(weights: Path, table: Path):
    encoder, _ = with_new_head(weights, table, matryoshka=[8, 16])
    assert encoder.config.matryoshka == [8, 16]
