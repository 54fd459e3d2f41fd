"""What a run on a cluster wrote, brought to this machine when somebody asks for it.

The API names no artifact; the launcher of KFP writes each to ``ROOT/PIPELINE/RUN/TASK/UUID/OUTPUT``, with a new UUID
each time that the task runs. So they are found by listing, and the newest counts.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from lookalike.backends.kubeflow.steps import TASK_OF_STEP
from lookalike_components import storage
from lookalike_components.errors import UserError
from lookalike_components.storage import FileFacts

PIPELINE = "finetune"


class Found(NamedTuple):
    """An artifact in the store: a file, or a folder of files."""

    uri: str
    attempt: str
    is_folder: bool


def root_of(artifacts: str) -> str:
    """Where KFP puts the artifacts of its tasks, in a store that also has shards and releases."""
    return storage.join(artifacts, "kfp")


def find(root: str, run: str, step: str, output: str) -> Found | None:
    """What a step wrote last under one of its outputs; None where it wrote nothing."""
    task = storage.join(root, f"{PIPELINE}/{run}/{TASK_OF_STEP.get(step, step)}")
    ours = [file for file in _files(task) if _place(task, file)[1:2] == [output]]
    if not ours:
        return None
    attempt, _, *below = _place(task, max(ours, key=_age))
    return Found(storage.join(task, f"{attempt}/{output}"), attempt, bool(below))


def bring(found: Found, run: str, place: str) -> Path:
    """The artifact on this machine, under the name that a local run would keep it by; what is there is not fetched."""
    path = _cache(run) / found.attempt / place
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{place}.lock")):
        if not path.exists():
            (storage.download_folder if found.is_folder else storage.download)(found.uri, path)
    return path


def forget(run: str) -> None:
    """Removes what this machine has fetched of a run."""
    shutil.rmtree(_cache(run), ignore_errors=True)


def facts(root: str, run: str, step: str) -> dict[str, Any]:
    """What a step found worth telling at its end; it writes so into the file of its metrics."""
    found = find(root, run, step, "metrics") if root else None
    if not found:
        return {}
    told: dict[str, Any] = json.loads(storage.read_bytes(found.uri) or b"{}")
    return told


def _cache(run: str) -> Path:
    return Path(os.environ.get("LOOKALIKE_CACHE") or Path.home() / ".cache" / "lookalike") / "runs" / run


def _files(task: str) -> list[FileFacts]:
    try:
        return list(storage.list_files(task))
    except UserError:  # a folder of this machine that nobody has made; a bucket's prefix is merely empty
        if storage.local_path(task) is None:
            raise
        return []


def _place(task: str, file: FileFacts) -> list[str]:
    """UUID, output and the path within it."""
    return file.uri.removeprefix(str(storage.local_path(task) or task)).strip("/").split("/", maxsplit=2)


def _age(file: FileFacts) -> int:
    """When it was written: an object's generation counts microseconds, a file's version has nanoseconds second."""
    return int(file.version.split("-")[1] if "-" in file.version else file.version)
