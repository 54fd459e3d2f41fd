"""A checkpoint is whole and of this training, or it is passed over."""

from pathlib import Path

import pytest
import torch

from lookalike_components import storage
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.model import build
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.checkpoint import Checkpoints, key_of

STATE = {"taken": 3, "rows": [{"loss": None}], "weights": {"w": torch.arange(4.0)}}


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path)
    return storage.join(request.getfixturevalue("bucket"), "checkpoints")


def saved(place: str, key: str = "a") -> Checkpoints:
    checkpoints = Checkpoints(place, key)
    checkpoints.save(STATE)
    checkpoints.wait()
    return checkpoints


def test_what_was_saved_comes_back(place: str):
    saved(place)
    state = Checkpoints(place, "a").load()
    assert state is not None
    assert (state["taken"], state["rows"]) == (3, [{"loss": None}])
    torch.testing.assert_close(state["weights"], STATE["weights"])


def test_the_newest_counts(place: str):
    checkpoints = saved(place)
    checkpoints.save({"taken": 4})
    checkpoints.wait()
    assert checkpoints.load() == {"taken": 4}


def test_steps_after_it_do_not_change_it(tmp_path: Path):
    weights = torch.zeros(1000)
    checkpoints = Checkpoints(str(tmp_path), "a")
    checkpoints.save({"w": weights})
    weights += 1
    checkpoints.wait()
    assert not checkpoints.load()["w"].any()


def test_it_is_gone_when_it_was_removed(place: str):
    checkpoints = saved(place)
    checkpoints.remove()
    assert checkpoints.load() is None
    assert list(storage.list_files(place)) == []


def test_another_training_has_none(place: str):
    saved(place)
    assert Checkpoints(place, "b").load() is None


@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"\x80" * 99])
def test_a_damaged_one_is_passed_over(tmp_path: Path, spoil, capsys: pytest.CaptureFixture[str]):
    saved(str(tmp_path))
    file = tmp_path / "checkpoint-a.pt"
    file.write_bytes(spoil(file.read_bytes()))
    assert Checkpoints(str(tmp_path), "a").load() is None
    assert f"the checkpoint {file} is damaged (" in capsys.readouterr().err


def test_one_under_the_wrong_name_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    saved(str(tmp_path), "b")
    (tmp_path / "checkpoint-b.pt").rename(tmp_path / "checkpoint-a.pt")
    assert Checkpoints(str(tmp_path), "a").load() is None
    assert "is another training's; training begins at the start\n" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_stops_no_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()
    saved(str(tmp_path / "file"))
    assert "no checkpoint could be written: " in capsys.readouterr().err


def test_without_a_place_nothing_is_kept():
    assert saved("").load() is None


@pytest.fixture(scope="module")
def encoder(weights: Path) -> EncoderConfig:
    return build("resnet18", str(weights), 32).config


def test_the_key_leaves_out_what_may_differ_between_attempts(encoder: EncoderConfig):
    settings = {"checkpoints": "/elsewhere", "checkpoint_every": 7, "processes": 4, "cache_megabytes": 1}
    assert key_of(TrainConfig(**settings), encoder) == key_of(TrainConfig(), encoder)


@pytest.mark.parametrize("other", [{"data": "another table"}, {"parent": "another encoder"}])
def test_the_key_knows_the_table_and_the_parent(encoder: EncoderConfig, other: dict[str, str]):
    assert key_of(TrainConfig(), encoder.model_copy(update=other)) != key_of(TrainConfig(), encoder)


def test_the_key_knows_the_settings(encoder: EncoderConfig):
    assert key_of(TrainConfig(seed=1), encoder) != key_of(TrainConfig(), encoder)
