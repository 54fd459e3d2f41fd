"""A training that was stopped anywhere, however often, ends as one that never stopped; it keeps what did best."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lookalike_components.dataset import write_table
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.stopping import unwound_when_stopped
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.keeping.written import Written
from lookalike_components.train.optimisation.health import DivergenceError, Health

MEASURED = ("seconds", "images_per_second", "waiting")
TRAINING = """if True:
    import pickle, sys
    import torch
    from lookalike_components.train.dispatch import dispatch
    torch.set_num_threads(1)
    dispatch(*pickle.load(sys.stdin.buffer))
"""


@pytest.fixture(scope="module")
def config(weights: Path) -> TrainConfig:
    """Three variants, one of which diverges, a mixture, an average, looks between epochs, a checkpoint a step."""
    return TrainConfig(
        model="resnet18",
        input_size=32,
        weights=str(weights),
        classes_per_batch=4,
        learning_rate=1e-3,
        steps=24,
        warmup=0.2,
        schedule="cosine",
        average=0.5,
        variants=[{"augmentation": "none"}, {"learning_rate": 1e30}, {"loss": "ProxyAnchorLoss", "miner": ""}],
        trial_steps=4,
        validate_every=5,
        interpolations=[0.5, 1.0],
        checkpoint_every=1,
    )


@pytest.fixture(scope="module")
def home(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the image table."""
    home = tmp_path_factory.mktemp("course")
    write_table(rows, home / "table.parquet")
    return home


@pytest.fixture(scope="module")
def unbroken(home: Path, config: TrainConfig) -> Path:
    """A training that nobody stopped."""
    with started(home, home / "unbroken", config) as training:
        assert training.wait() == 0
    return home / "unbroken"


def started(home: Path, folder: Path, config: TrainConfig) -> "subprocess.Popen[bytes]":
    """A process that trains into a folder."""
    folder.mkdir(exist_ok=True)
    arguments = home / "table.parquet", Written(folder / "encoder", folder / "history.jsonl"), config
    training = subprocess.Popen(
        [sys.executable, "-c", TRAINING], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )
    assert training.stdin
    training.stdin.write(pickle.dumps(arguments))
    training.stdin.close()
    return training


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What must not depend on interruptions."""
    written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in row.items() if name not in MEASURED} for row in written]


@retry(retry=retry_if_result(lambda found: not found), stop=stop_after_delay(120), wait=wait_fixed(0.02))
def wait_for(path: Path, lines: int, training: "subprocess.Popen[bytes]") -> bool:
    """Waits until a file has so many lines, or the process has ended."""
    return training.poll() is not None or (path.exists() and len(path.read_bytes().splitlines()) >= lines)


def assert_same(left: Path, right: Path) -> None:
    assert rows_of(left / "history.jsonl") == rows_of(right / "history.jsonl")
    ours, theirs = (folder / "encoder" / "encoder.safetensors" for folder in (left, right))
    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.slow
def test_one_that_is_killed_at_random_moments_ends_with_the_same_weights(
    home: Path, unbroken: Path, config: TrainConfig
):
    broken, chance, kills = home / "killed", np.random.default_rng(0), 0
    training = started(home, broken, config)
    while kills < 3:
        history = broken / "history.jsonl"
        history.unlink(missing_ok=True)
        wait_for(history, 1, training)
        time.sleep(chance.uniform(0, 0.5))  # the moment is what is left to chance
        if training.poll() is not None:
            break
        training.kill()
        training.wait()
        kills += 1
        training = started(home, broken, config)
    assert training.wait() == 0
    assert kills > 1
    assert_same(broken, unbroken)


@pytest.mark.slow
@pytest.mark.parametrize(("row", "place"), [(2, "beside"), (5, "bucket")])
def test_one_that_is_asked_to_stop_leaves_a_checkpoint_and_goes_on_from_there(
    home: Path, unbroken: Path, config: TrainConfig, row: int, place: str, request: pytest.FixtureRequest
):
    checkpoints = request.getfixturevalue("bucket") if place == "bucket" else ""
    rarely = config.model_copy(update={"checkpoint_every": 1_000, "checkpoints": checkpoints})
    stopped = home / f"stopped {row}"
    training = started(home, stopped, rarely)
    wait_for(stopped / "history.jsonl", row, training)
    training.terminate()
    log = training.stderr.read().decode()
    assert training.wait() == 128 + signal.SIGTERM
    assert "; the same training, started again, goes on from there\n" in log
    assert not (stopped / "encoder").exists()
    with started(home, stopped, rarely) as again:
        log = again.stderr.read().decode()
    assert again.returncode == 0
    assert "going on from the checkpoint after step " in log
    assert_same(stopped, unbroken)


def train(home: Path, tmp_path: Path, config: TrainConfig, **settings: Any) -> list[dict[str, Any]]:
    """The rows of a training with some settings changed."""
    changed = config.model_validate({**config.model_dump(), **settings})
    fine_tune(home / "table.parquet", tmp_path / "encoder", tmp_path / "history.jsonl", changed)
    return rows_of(tmp_path / "history.jsonl")


def test_each_variant_is_tried_and_one_goes_on_from_its_trial(unbroken: Path):
    rows = rows_of(unbroken / "history.jsonl")
    trials = [row for row in rows if "trial" in row]
    assert [(row["trial"], row["step"]) for row in trials if "diverged" not in row] == [(0, 4), (2, 4)]
    assert [row["step"] for row in rows if "trial" not in row] == [0, 4, 5, 10, 15, 20, 24, 24]
    assert rows[4]["validation"] in [row["validation"] for row in trials if "diverged" not in row]


def test_a_variant_that_diverges_loses_and_the_history_says_why(unbroken: Path):
    (lost,) = [row for row in rows_of(unbroken / "history.jsonl") if "diverged" in row]
    assert (lost["trial"], lost["validation"]) == (1, {})
    assert "most often because the learning rate is too high" in lost["diverged"]


@pytest.mark.parametrize("trial_steps", [1, 4])
def test_another_goes_on_where_the_first_variant_diverges(
    home: Path, tmp_path: Path, config: TrainConfig, trial_steps: int, capsys: pytest.CaptureFixture[str]
):
    """The weights of a single step may be broken although its loss was sound."""
    variants = [{"learning_rate": 1e30, "warmup": 0.0}, {}]
    rows = train(home, tmp_path, config, variants=variants, steps=4, trial_steps=trial_steps, average=0)
    assert "diverged" in rows[1]
    assert rows[3]["validation"] == rows[2]["validation"]
    assert rows[-1]["validation"]
    assert "trial 1 is given up after step 1 and loses: the " in capsys.readouterr().err


def test_a_request_to_stop_in_the_step_that_diverges_is_heard(
    home: Path, tmp_path: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
):
    check = Health.check

    def stopped_at_that_moment(*seen: Any) -> None:
        try:
            check(*seen)
        except DivergenceError:
            signal.raise_signal(signal.SIGTERM)
            raise

    monkeypatch.setattr(Health, "check", stopped_at_that_moment)
    with pytest.raises(SystemExit), unwound_when_stopped():
        train(home, tmp_path, config, variants=[{"learning_rate": 1e30}, {}], warmup=0.0, steps=4, average=0)
    assert [row["step"] for row in rows_of(tmp_path / "history.jsonl")] == [0]


def test_where_every_variant_diverges_the_training_fails_with_the_first_ones_sentence(
    home: Path, tmp_path: Path, config: TrainConfig
):
    variants = [{"learning_rate": 1e30}, {"learning_rate": 1e35}]
    with pytest.raises(DivergenceError, match=r"learning rate is too high; lower it"):
        train(home, tmp_path, config, variants=variants, warmup=0.0, steps=4, average=0)
    assert [row["trial"] for row in rows_of(tmp_path / "history.jsonl")[1:]] == [0, 1]


def test_the_first_variant_goes_on_unless_another_is_surely_better(home: Path, tmp_path: Path, config: TrainConfig):
    variants = [{"learning_rate": 1e-5}, {"learning_rate": 0.05}]
    rows = train(home, tmp_path, config, variants=variants, steps=5, trial_steps=4, average=0)
    assert rows[3]["validation"] == rows[1]["validation"]


def test_the_last_row_tells_which_step_was_kept_and_how_good_it_is(unbroken: Path):
    *looks, last = rows_of(unbroken / "history.jsonl")[3:]
    (kept,) = (look["validation"] for look in looks if look["step"] == last["kept"])
    assert last["share"] in (0.5, 1.0)
    assert last["share"] == 0.5 or last["validation"] == kept


def test_patience_ends_a_training_that_gains_nothing(home: Path, tmp_path: Path, config: TrainConfig):
    still = {"optimizer": "SGD", "learning_rate": 1e-30, "freeze_batch_norm": True}
    rows = train(home, tmp_path, config, variants=[], average=0, patience=2, **still)
    assert [row["step"] for row in rows] == [0, 5, 10, 15, 15]
    assert rows[-1]["kept"] == 15


def test_the_last_weights_are_kept_where_that_was_asked_for(home: Path, tmp_path: Path, config: TrainConfig):
    rows = train(home, tmp_path, config, variants=[], steps=6, keep="last", interpolations=[1.0])
    assert rows[-1]["kept"] == 6
    assert rows[-1]["validation"] == rows[-2]["validation"]


def test_a_share_of_nothing_is_the_encoder_before_training(home: Path, tmp_path: Path, config: TrainConfig):
    rows = train(home, tmp_path, config, variants=[], steps=2, interpolations=[0.0], freeze_batch_norm=True, average=0)
    assert rows[-1]["validation"] == rows[0]["validation"]


def test_without_validation_labels_there_are_no_trials(
    rows: pd.DataFrame, home: Path, tmp_path: Path, config: TrainConfig
):
    write_table(rows[rows["subset"] == "train"], tmp_path / "table.parquet")
    found = train(tmp_path, tmp_path, config, steps=2)
    assert [row["step"] for row in found] == [0, 2, 2]


def test_without_validation_labels_the_first_variant_goes_on(
    rows: pd.DataFrame, home: Path, tmp_path: Path, config: TrainConfig
):
    write_table(rows[rows["subset"] == "train"], tmp_path / "table.parquet")
    found = train(
        tmp_path, tmp_path, config, steps=2, schedule="constant", warmup=0.0, variants=[{"learning_rate": 2e-3}, {}]
    )
    assert [row["learning_rate"] for row in found] == [0, 2e-3, 2e-3]
