"""MLflow and Weights & Biases, for those who have set their environment variables."""

import os
from collections.abc import Callable
from typing import Any

from lookalike_components.progress import Facts, say, this_run
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.history import numbers_of


class Tracker:
    """Passes rows of history on to a service; one that fails is told of once and left alone from then on.

    Args:
        name: Of the package.
        start: Starts a run there and gives what takes a row and what ends the run.
    """

    def __init__(self, name: str, start: Callable[[], tuple[Callable[[Facts], Any], Callable[[], Any]]]) -> None:
        self._name = name
        self._works = True
        self._take: Callable[[Facts], Any] = lambda row: None
        self._end: Callable[[], Any] = lambda: None
        self._attempt(lambda: self._started(start))

    def record(self, row: Facts) -> None:
        """Passes a row on, at its step; rows of trials stay here."""
        if "trial" not in row:
            self._attempt(lambda: self._take(row))

    def close(self) -> None:
        """Ends the run."""
        self._attempt(self._end)

    def _started(self, start: Callable[[], tuple[Callable[[Facts], Any], Callable[[], Any]]]) -> None:
        self._take, self._end = start()

    def _attempt(self, act: Callable[[], Any]) -> None:
        if not self._works:
            return
        try:
            act()
        except ModuleNotFoundError:
            self._leave(f"is not installed; pip install {self._name}")
        except Exception as error:  # whatever a service has against it, the training goes on
            self._leave(f"fails ({type(error).__name__}: {next(iter(str(error).splitlines()), 'no reason given')})")

    def _leave(self, why: str) -> None:
        self._works = False
        say(f"{self._name} hears nothing of this training: it {why}")


def trackers(config: TrainConfig) -> list[Tracker]:
    """Those that the environment asks for."""
    asked = []
    if os.environ.get("MLFLOW_TRACKING_URI"):
        asked.append(Tracker("mlflow", lambda: _mlflow(config)))
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_MODE"):
        asked.append(Tracker("wandb", lambda: _wandb(config)))
    return asked


def _mlflow(config: TrainConfig) -> tuple[Callable[[Facts], Any], Callable[[], Any]]:
    import mlflow

    mlflow.start_run(run_name=this_run() or None)
    mlflow.log_params(config.model_dump(mode="json"))
    return lambda row: mlflow.log_metrics(numbers_of(row), step=row["step"]), mlflow.end_run


def _wandb(config: TrainConfig) -> tuple[Callable[[Facts], Any], Callable[[], Any]]:
    import wandb

    run = wandb.init(name=this_run() or None, config=config.model_dump(mode="json"))
    return lambda row: run.log(numbers_of(row), step=row["step"], commit=True), run.finish
