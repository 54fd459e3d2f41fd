"""MLflow and Weights & Biases hear of a training only when their own variables are set, and cannot harm it."""

from pathlib import Path

import pytest

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.trackers import Tracker, trackers

ROW = {"step": 80, "loss": 0.5, "learning_rate": 1e-4, "images_per_second": 128.0, "waiting": 0.02}
ROW |= {"validation": {"map_at_r": 0.25}}
VARIABLES = ("MLFLOW_TRACKING_URI", "WANDB_API_KEY", "WANDB_MODE")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_nobody_hears_unless_asked_for():
    assert trackers(TrainConfig()) == []


def test_one_that_is_not_installed_is_told_of_once(capsys: pytest.CaptureFixture[str]):
    tracker = Tracker("no_such_package", lambda: __import__("no_such_package"))
    tracker.record(ROW)
    tracker.close()
    assert capsys.readouterr().err.endswith(
        "no_such_package hears nothing of this training: it is not installed; pip install no_such_package\n"
    )


def test_one_that_fails_is_left_alone_from_then_on(capsys: pytest.CaptureFixture[str]):
    taken: list[int] = []

    def take(row: dict[str, int]) -> None:
        taken.append(row["step"])
        raise ConnectionError("no route")

    tracker = Tracker("service", lambda: (take, taken.clear))
    tracker.record(ROW)
    tracker.record(ROW)
    tracker.close()
    assert taken == [80]
    assert capsys.readouterr().err.count("it fails (ConnectionError: no route)") == 1


def test_trials_are_not_passed_on():
    taken: list[int] = []
    tracker = Tracker("service", lambda: (lambda row: taken.append(row["step"]), lambda: None))
    tracker.record({**ROW, "trial": 0})
    tracker.record(ROW)
    assert taken == [80]


def test_mlflow_has_the_numbers_and_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed (pip install mlflow-skinny sqlalchemy)")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("LOOKALIKE_RUN", "r1")
    mlflow.set_tracking_uri(None)
    (tracker,) = trackers(TrainConfig(seed=7))
    tracker.record(ROW)
    run = mlflow.active_run().info.run_id
    tracker.close()
    client = mlflow.MlflowClient()
    assert [(value.step, value.value) for value in client.get_metric_history(run, "validation/map_at_r")] == [
        (80, 0.25)
    ]
    assert client.get_run(run).data.params["seed"] == "7"
    assert client.get_run(run).info.run_name == "r1"


def test_wandb_has_the_numbers_and_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    wandb = pytest.importorskip("wandb", reason="wandb is not installed (pip install wandb)")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    (tracker,) = trackers(TrainConfig(seed=7))
    tracker.record(ROW)
    run = wandb.run
    assert run.config["seed"] == 7
    assert run.summary["validation/map_at_r"] == 0.25
    tracker.close()
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
