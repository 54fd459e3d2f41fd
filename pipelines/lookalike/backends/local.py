"""The backend of one machine: kfp.local in a process of its own, and a folder for each run."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lookalike.backends import Event
from lookalike.backends import growing_files as files
from lookalike.backends.record import RunRecord, Status
from lookalike.config import FinetuneConfig
from lookalike_components.errors import LookalikeError, UserError, listed

NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", re.IGNORECASE)
BESIDE_THE_RUNS = {"checkpoints", "shards", "releases", "encoders", "test-sets", "kfp"}
"""What an artifact store holds beside its runs, by the names of the folders."""


class Kept(NamedTuple):
    """An artifact that a finished run keeps: which step wrote it, under which output, and its place in the folder.

    A later step may have completed it, under an output of the same name; then that one's is kept.
    """

    step: str
    output: str
    place: str
    completed_by: str = ""

    @property
    def steps(self) -> list[str]:
        """The steps that may have written it, the one whose word counts first."""
        return [step for step in (self.completed_by, self.step) if step]


ARTIFACTS = {
    "quarantine": Kept("ingest", "quarantine", "quarantine.parquet"),
    "leaks": Kept("split", "leaks_found", "leaks.parquet"),
    "leaks_page": Kept("split", "leaks_page", "leaks.html"),
    "label_doubts": Kept("split", "label_doubts", "label_doubts.csv"),
    "table": Kept("split", "table", "table.parquet"),
    "backbones": Kept("choose", "scores", "backbones.json"),
    "history": Kept("train", "history", "history.jsonl"),
    "tensorboard": Kept("train", "tensorboard", "tensorboard"),
    "encoder": Kept("train", "encoder", "encoder"),
    "evaluation": Kept("evaluate-candidate", "evaluation", "evaluation"),
    "comparison": Kept("compare", "comparison", "comparison"),
    "report": Kept("compare", "report", "report.html", completed_by="export"),
    "verdict": Kept("compare", "verdict", "verdict.md"),
    "release": Kept("export", "release", "release"),
    "candidates": Kept("export", "candidates", "candidates.md"),
    "inference_service": Kept("deploy", "inference_service", "inferenceservice.yaml"),
}
METRICS = "metrics.json"
CACHE = "cache"
"""What a run's steps were given and where they wrote it; steps that would do the same are not run again."""


class LocalBackend:
    """Runs live in ``<runs>/<name>/``; their shards, which runs share, in ``<runs>/shards``."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs.absolute()

    def folder(self, name: str) -> Path:
        """Where a run keeps everything.

        Raises:
            UserError: The name would not do as a folder's name.
        """
        if not NAME.fullmatch(name) or name in BESIDE_THE_RUNS:
            raise UserError(
                f"{name!r} cannot name a run: use letters, digits, dots, dashes and underscores, 63 at most"
            )
        return self.runs / name

    def submit(self, name: str, config: FinetuneConfig, *, resume: bool = False, repeats: str = "") -> None:
        """Starts the pipeline in a process that outlives the caller and its terminal.

        Args:
            name: Of the run.
            config: Its settings.
            resume: Whether it goes on with a run of this name.
            repeats: Name of a run whose steps are taken where both do the same; "" for none.

        Raises:
            UserError: The name is taken or will not do, or there is nothing to resume.
            LookalikeError: The process could not be started.
        """
        folder = self.folder(name)
        if resume:
            self._resumed(name, config)
        else:
            self._created(name, config, repeats)
        with (folder / "logs.txt").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "lookalike.backends.worker", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_started(folder, worker)

    def _wait_until_started(self, folder: Path, worker: "subprocess.Popen[bytes]") -> None:
        """Returns when the worker has put itself into the record, so that from here on a silent death is noticed."""
        while RunRecord.read(folder).status == Status.CREATED:
            if worker.poll() is not None:
                error = f"the run could not be started; {folder / 'logs.txt'} tells why"
                RunRecord.read(folder).changed(status=Status.FAILED, exit_code=1, error=error).write(folder)
                raise LookalikeError(error)
            time.sleep(files.SECONDS_BETWEEN_LOOKS)

    def _created(self, name: str, config: FinetuneConfig, repeats: str) -> None:
        folder = self.folder(name)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            status = f" ({self.record(name).status})" if (folder / "run.json").exists() else ""
            raise UserError(
                f"there is a run called {name} in {self.runs} already{status}; "
                f"choose another --name, go on with --resume, or `lookalike runs delete {name}`"
            ) from None
        except OSError as error:
            raise UserError(f"{folder} cannot be made: {error.strerror}; pass another --runs") from error
        if repeats:
            shutil.copytree(self.folder(repeats) / CACHE, folder / CACHE)
        RunRecord(name=name, config=config.model_dump(), repeats=repeats).write(folder)

    def _resumed(self, name: str, config: FinetuneConfig) -> None:
        record = self.record(name)
        if record.status == Status.FINISHED:
            raise UserError(f"{name} has finished; there is nothing to resume")
        if not record.status.ended:
            raise UserError(f"{name} is still running; follow it with `lookalike runs logs -f {name}`")
        self.check_unchanged(name, config)
        record.changed(status=Status.CREATED, process=None, finished=None, exit_code=None, error="").write(
            self.folder(name)
        )

    def check_unchanged(self, name: str, config: FinetuneConfig) -> None:
        """Makes sure that a run was started with these settings; raises UserError with those that differ."""
        before, now = FinetuneConfig.model_validate(self.record(name).config).parameters(), config.parameters()
        if changed := sorted(field for field in now if now[field] != before[field]):
            raise UserError(
                f"{name} was started with other settings ({listed(changed)}); "
                "resume it with the same, or choose another --name"
            )

    def names(self) -> list[str]:
        """Names of the runs in the folder, oldest first."""
        folders = [path.parent for path in self.runs.glob("*/run.json")]
        return [record.name for record in sorted(map(RunRecord.read, folders), key=lambda record: record.created)]

    def record(self, name: str) -> RunRecord:
        """The run's record; a run whose process has gone is put down as failed for every later reader too."""
        folder = self.folder(name)
        written = RunRecord.read(folder)
        if written.seen_from_outside() is written:
            return written
        # Its process is gone by now, perhaps only since the line above: what it wrote last is the truth.
        written = RunRecord.read(folder)
        seen = written.seen_from_outside()
        return seen if seen is written else seen.write(folder)

    def _ended(self, name: str) -> bool:
        return self.record(name).status.ended

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        """The lines of ``logs.txt``."""
        yield from self._read(name, "logs.txt", follow=follow)

    def events(self, name: str, *, follow: bool = False) -> Iterator[Event]:
        """The lines of ``events.jsonl``."""
        yield from files.objects(self._read(name, "events.jsonl", follow=follow))

    def _read(self, name: str, file: str, *, follow: bool) -> Iterator[str]:
        self.record(name)
        path = self.folder(name) / file
        return files.follow(path, lambda: self._ended(name)) if follow else files.lines(path)

    def artifact(self, name: str, artifact: str) -> Path:
        """The path of one of `ARTIFACTS`, or of ``metrics``."""
        record = self.record(name)
        path = self.folder(name) / (METRICS if artifact == "metrics" else ARTIFACTS[artifact].place)
        if not path.exists():
            why = "it was not promoted" if record.promoted is False else f"it is {record.status}"
            raise UserError(f"{name} has no {artifact.replace('_', ' ')}: {why}")
        return path

    def cancel(self, name: str) -> None:
        """Ends the worker and whatever step it is in."""
        record = self.record(name)
        if record.status.ended or record.process is None:
            raise UserError(f"{name} is {record.status}; there is nothing to cancel")
        os.killpg(record.process.pid, signal.SIGTERM)

    def delete(self, name: str) -> None:
        """Removes the run's folder; shards stay, because other runs may use them."""
        if not self.record(name).status.ended:
            raise UserError(f"{name} is still running; `lookalike runs cancel {name}` first")
        shutil.rmtree(self.folder(name))
