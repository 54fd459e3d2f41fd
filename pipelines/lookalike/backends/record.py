"""``run.json``: what is known of a run, written atomically, readable by people and by other programs."""

import os
import time
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

import psutil
from pydantic import BaseModel, ConfigDict, Field

from lookalike_components.errors import UserError


class Status(StrEnum):
    """The four states of a run, under the names that Finetuner gave them."""

    CREATED = "CREATED"
    STARTED = "STARTED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        """True when nothing more will happen."""
        return self in {Status.FINISHED, Status.FAILED}


class Process(BaseModel):
    """The process that carries a run; its start time tells it from a later one of the same number."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Takes down a process that runs now."""
        return cls(pid=pid, started=psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """True while that very process runs."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


class RunRecord(BaseModel):
    """The content of ``run.json``. Times are seconds since 1970 (UTC).

    Attributes:
        repeats: Name of the run that this one does once more with other chance, beside it; "" for a run of its own.
        artifacts: URI of the run in its artifact store; "" where everything is in the run's folder alone.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    name: str
    status: Status = Status.CREATED
    config: dict[str, Any]
    repeats: str = ""
    created: float = Field(default_factory=time.time)
    started: float | None = None
    finished: float | None = None
    process: Process | None = None
    artifacts: str = ""
    promoted: bool | None = None
    exit_code: int | None = None
    error: str = ""
    versions: dict[str, str] = Field(default_factory=lambda: versions())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads the record of the run in ``folder``.

        Raises:
            UserError: There is no run in this folder.
        """
        path = folder / "run.json"
        if not path.is_file():
            raise UserError(
                f"there is no run called {folder.name} in {folder.parent}; `lookalike runs list` names them"
            )
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def write(self, folder: Path) -> Self:
        """Replaces ``run.json`` in one move, so that a reader never sees half of it."""
        beside = folder / f".run.json.{os.getpid()}"
        beside.write_text(self.as_json(), encoding="utf-8")
        beside.replace(folder / "run.json")
        return self

    def as_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=2) + "\n"

    def changed(self, **changes: Any) -> Self:
        """The same record with some fields replaced."""
        return self.model_copy(update=changes)

    def seen_from_outside(self) -> Self:
        """The record as an onlooker should take it: a run whose process is gone did not end well."""
        if self.status.ended or self.process is None or self.process.alive():
            return self
        error = "its process ended without a word (killed, or the machine went down); go on with --resume"
        return self.changed(status=Status.FAILED, exit_code=1, error=error, finished=time.time())


def versions() -> dict[str, str]:
    """Versions of the packages that decide about a run's result; those that are not installed are left out."""
    found = {}
    for package in ("lookalike", "kfp", "torch", "torchvision", "pytorch-metric-learning", "faiss-cpu", "onnxruntime"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
