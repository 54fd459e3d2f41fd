"""A run and what one can ask of it; the verbs carry the names that Finetuner's users know."""

import json
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.backends import Backend, Event, RunRecord, Status
from lookalike.backends.kubeflow import is_kubeflow
from lookalike.backends.local import LocalBackend
from lookalike.config import FinetuneConfig
from lookalike_components.errors import UserError

if TYPE_CHECKING:
    from lookalike.runs.spread import Spread

Place = str | Path
"""Where runs are: a folder, ``https://host/...`` of Kubeflow Pipelines, or ``kubeflow``."""


class Run:
    """One pass of the pipeline, under way or ended. It holds a name and asks the backend for everything else."""

    def __init__(self, name: str, backend: Backend) -> None:
        self.name = name
        self.backend = backend

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.status()})"

    def record(self) -> RunRecord:
        """Status, settings, times and versions."""
        return self.backend.record(self.name)

    def status(self) -> Status:
        """CREATED, STARTED, FINISHED or FAILED."""
        return self.record().status

    def logs(self) -> str:
        """All that has been logged so far."""
        return "\n".join(self.backend.logs(self.name))

    def stream_logs(self) -> Iterator[str]:
        """The log line by line, from its beginning until the run has ended."""
        return self.backend.logs(self.name, follow=True)

    def events(self, *, follow: bool = False) -> Iterator[Event]:
        """What the steps reported, oldest first."""
        return self.backend.events(self.name, follow=follow)

    def history(self) -> list[dict[str, Any]]:
        """Rows of the training, the last about what was kept: loss, speed, and metrics on the validation labels."""
        path = self.backend.artifact(self.name, "history")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def metrics(self) -> dict[str, Any]:
        """Means before and after, and the paired difference with its 95 % interval, by name of the metric.

        Returns:
            ``{"k", "queries", "before": {name: mean}, "after": {name: mean}, "difference": {name: {"mean", "low",
            "high"}}}``, and by the metric that decides ``wins``, ``ties``, ``losses`` and ``slices``.

        Raises:
            UserError: The run has no metrics (yet).
        """
        metrics: dict[str, Any] = json.loads(self.backend.artifact(self.name, "metrics").read_text(encoding="utf-8"))
        return metrics

    def verdict(self) -> dict[str, Any]:
        """What the gate decided, and why."""
        path = self.backend.artifact(self.name, "comparison") / "verdict.json"
        verdict: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return verdict

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.backend.artifact(self.name, "report")

    @property
    def artifact_id(self) -> str:
        """What `lookalike.get_model` wants: the release's folder, or the encoder's where the gate refused a release."""
        try:
            return str(self.backend.artifact(self.name, "release"))
        except UserError:
            return str(self.backend.artifact(self.name, "encoder"))

    def save_artifact(self, directory: str | Path) -> Path:
        """Copies the release (or the refused encoder) into a new folder ``directory``/<run's name>."""
        target = Path(directory) / self.name
        if target.exists():
            raise UserError(f"{target} exists already; name another folder")
        shutil.copytree(self.artifact_id, target)
        return target

    def wait(self) -> "Run":
        """Blocks until the run has ended."""
        for _ in self.events(follow=True):
            pass
        return self

    def cancel(self) -> None:
        """Stops the run."""
        self.backend.cancel(self.name)

    def repeat(self, number: int) -> "Run":
        """Trains once more with the same settings and other chance: a run of its own, which this starts.

        Args:
            number: Which repetition, from 1 up; one that failed goes on, and one that has finished is returned.

        Raises:
            UserError: This run is not finished, not of this machine or a challenge, or another run has the name.
        """
        from lookalike.runs.repeating import repeat

        return repeat(self, number)

    def spread(self) -> "Spread":
        """How far the gain varies over this run and those that repeated it.

        Raises:
            UserError: One of them has not finished, or there is no repetition.
        """
        from lookalike.runs.repeating import repetitions
        from lookalike.runs.spread import Spread

        return Spread.of([self, *repetitions(self)])

    def display_metrics(self) -> None:
        """Prints the before/after table."""
        from lookalike.display.tables import metrics_table, show

        show(metrics_table(self.metrics()))

    def display_examples(self) -> Path:
        """Writes pictures of queries that the new encoder fixed and broke, and returns the file."""
        from lookalike.runs.examples import write_examples

        return write_examples(self)


def backend_of(place: Place, namespace: str = "") -> Backend:
    """The backend of a place of runs: a folder, or Kubeflow Pipelines and a namespace there."""
    if isinstance(place, Path) or not is_kubeflow(place):
        return LocalBackend(Path(place))
    from lookalike.backends.kubeflow.backend import KubeflowBackend
    from lookalike.backends.kubeflow.connection import Connection

    return KubeflowBackend(Connection(place, namespace))


def start(name: str, config: FinetuneConfig, place: Place, *, resume: bool = False) -> Run:
    """Starts a run in a place and returns at once; without a name it takes one that is free."""
    backend = backend_of(place, config.cluster.namespace)
    name = name or free_name(config.source, set(backend.names()))
    backend.submit(name, config, resume=resume)
    return Run(name, backend)


def find(name: str, place: Place) -> Run:
    """An existing run; raises UserError for an unknown name."""
    run = Run(name, backend_of(place))
    run.record()
    return run


def all_runs(place: Place) -> list[Run]:
    """The runs in a place, oldest first."""
    backend = backend_of(place)
    return [Run(name, backend) for name in backend.names()]


def free_name(source: str, taken: Collection[str]) -> str:
    """A name nobody has taken: the source's own name and the next number, such as ``photos-3``."""
    stem = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in Path(source).stem.lower())
    stem = stem.strip("-")[:50] or "run"
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken)


def duration(record: RunRecord) -> float | None:
    """Seconds from start to end, or to now; None before the start."""
    return None if record.started is None else (record.finished or time.time()) - record.started
