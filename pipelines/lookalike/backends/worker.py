"""The process that carries a local run: ``python -m lookalike.backends.worker RUN_FOLDER``.

It runs the compiled pipeline with kfp.local, keeps ``run.json`` true to what happens, and at the end puts what the
steps wrote where people look for it. It is started by `LocalBackend.submit` and outlives whoever started it.
"""

import json
import logging
import os
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from lookalike.backends import Event
from lookalike.backends.artifact_store import ArtifactStore, newest, place_of
from lookalike.backends.growing_files import lines, objects
from lookalike.backends.kfp_output import ANSI, CacheHits, ReadableLog
from lookalike.backends.local import CACHE, METRICS
from lookalike.backends.record import Process, RunRecord, Status
from lookalike.config import FinetuneConfig
from lookalike_components.encoder.process import ENVIRONMENT
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import LIVE, RUN, say

TASKS_THAT_ARE_NO_STEPS = {"plan", "move-in-parallel"}
NOTIFY = "notify"


class Cancelled(BaseException):
    """Somebody asked the run to stop."""


def main(folder: Path) -> int:
    """Carries the run in ``folder`` to its end and returns the exit code of its worst step."""
    signal.signal(signal.SIGTERM, _cancel)
    record = _started(folder)
    store = ArtifactStore(folder, record.artifacts)
    os.environ.update({LIVE: str(folder), RUN: _told_apart(record), **ENVIRONMENT, "PYTHONUNBUFFERED": "1"})
    try:
        store.claim(record)
        with store.following():
            _run_pipeline(folder, record)
        store.bring(_events(folder))
        ended = record.changed(finished=time.time(), **_collect(folder))
        store.conclude(ended)
    except (Exception, Cancelled) as error:
        _place_anyway(folder)
        ended = record.changed(finished=time.time(), **_failure(folder, error, since=record.started or 0.0))
        ended.write(folder)
        _conclude_anyway(store, ended)
    else:
        ended.write(folder)
    return int(ended.exit_code or 0)


def _started(folder: Path) -> RunRecord:
    """Puts this process into the record; what an earlier attempt left of its training is gone from view."""
    record = RunRecord.read(folder)
    (folder / "history.jsonl").unlink(missing_ok=True)
    artifacts = place_of(folder, FinetuneConfig.model_validate(record.config).artifacts)
    started = {"status": Status.STARTED, "started": time.time(), "process": Process.of(os.getpid())}
    return record.changed(**started, artifacts=artifacts).write(folder)


def _told_apart(record: RunRecord) -> str:
    """The run as the champion's history has it: the name of one that was deleted may come again."""
    return f"{record.name} of {datetime.fromtimestamp(record.created, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _conclude_anyway(store: ArtifactStore, record: RunRecord) -> None:
    """A run that failed is told of in its store too, where that can be reached."""
    try:
        store.conclude(record)
    except LookalikeError as error:
        say(f"the store does not hear of it: {error}")


def _cancel(_signal: int, _frame: FrameType | None) -> None:
    raise Cancelled("cancelled")


def _run_pipeline(folder: Path, record: RunRecord) -> None:
    from kfp import local

    from lookalike.dag import finetune

    warnings.filterwarnings("ignore", module="kfp")
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder / "artifacts"),
        enable_caching=True,
        cache_root=str(folder / CACHE),
    )
    config = FinetuneConfig.model_validate(record.config)
    # Parallel tasks would share this machine's cores, and read everything twice.
    here = {"artifacts": config.artifacts or str(folder.parent), "ingest_partition_images": 0}
    logging.getLogger().addHandler(CacheHits(lambda task: _note_cached(folder, task, record.repeats)))
    logging.getLogger().setLevel(logging.INFO)
    with redirect_stdout(ReadableLog(sys.stdout)), _whatever_becomes_of_its_notice():
        finetune(**{**config.parameters(), **here})


@contextmanager
def _whatever_becomes_of_its_notice() -> Iterator[None]:
    """A run that nobody could be told of has ended as it has; kfp.local takes it for a failed one."""
    try:
        yield
    except RuntimeError as error:
        if not ANSI.sub("", str(error)).endswith(f"Inner task failed: {NOTIFY!r}."):
            raise


def _note_cached(folder: Path, task: str, repeats: str) -> None:
    """Tells onlookers that a task's outputs were there already; the pipeline evaluates the reference first.

    Args:
        folder: The run's.
        task: Name of the task.
        repeats: Name of the run that may have written them; "" where this one did.
    """
    if task in TASKS_THAT_ARE_NO_STEPS:
        return
    step = {"evaluate": "evaluate-reference", "evaluate-2": "evaluate-candidate"}.get(task, task)
    event = {"time": time.time(), "step": step, "status": "cached"}
    if repeats:
        event["outputs"] = _written(folder.parent / repeats, step) | _written(folder, step)
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def _written(folder: Path, step: str) -> dict[str, str]:
    """Where a step of the run in ``folder`` wrote its outputs when it last finished, by their names."""
    own = [event for event in _events(folder) if event["step"] == step and event["status"] in {"finished", "cached"}]
    return {name: path for event in own for name, path in event.get("outputs", {}).items()}


def _events(folder: Path) -> list[dict[str, Any]]:
    return list(objects(lines(folder / "events.jsonl")))


def _collect(folder: Path) -> dict[str, Any]:
    """Puts every artifact under its fixed name and tells how the run ended."""
    _place_all(folder)
    shutil.copyfile(folder / "comparison" / METRICS, folder / METRICS)
    promoted = json.loads((folder / "comparison" / "verdict.json").read_text(encoding="utf-8"))["promoted"]
    return {"status": Status.FINISHED, "promoted": promoted, "exit_code": 0 if promoted else 3}


def _place_all(folder: Path) -> None:
    for kept, source in newest(_events(folder)).items():
        _place(source, folder / kept.place)


def _place_anyway(folder: Path) -> None:
    """Of a run that failed, people look at what its steps had written by then, such as the leaks."""
    try:
        _place_all(folder)
    except OSError as error:
        say(f"what the steps wrote stays below {folder / 'artifacts'}: {error.strerror}")


def _place(source: Path, target: Path) -> None:
    """Copies beside the target, then moves: nobody sees half of it. Files are linked where the disk allows it."""
    beside = target.with_name(f".{target.name}.new")
    if source.is_dir():
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(source, beside, copy_function=_link)
        shutil.rmtree(target, ignore_errors=True)
    else:
        beside.unlink(missing_ok=True)
        _link(str(source), str(beside))
    beside.replace(target)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _failure(folder: Path, error: BaseException, since: float) -> dict[str, Any]:
    """The sentence of the step that failed; where no step left one, the fault is ours and the log has the traceback."""
    news = [event for event in _events(folder) if event["time"] >= since and event["step"] != NOTIFY]
    failed = [event for event in news if event["status"] == "failed"]
    outcome = {"status": Status.FAILED, "exit_code": 1, "error": "cancelled"}
    if isinstance(error, Cancelled):
        return outcome
    if failed and isinstance(error, RuntimeError):
        last = failed[-1]
        return {**outcome, "exit_code": last["exit_code"], "error": f"{last['step']}: {_told(folder, last)}"}
    if isinstance(error, LookalikeError):
        return {**outcome, "exit_code": error.exit_code, "error": str(error)}
    sys.excepthook(type(error), error, error.__traceback__)
    return {**outcome, "error": f"something unforeseen happened; {folder / 'logs.txt'} has the traceback"}


def _told(folder: Path, failed: Event) -> str:
    """The sentence of a step that failed; a file that it names is called by the place that the run keeps it at."""
    message = str(failed["message"])
    for kept, source in newest([failed]).items():
        if (folder / kept.place).exists():
            message = message.replace(str(source), str(folder / kept.place))
    return message


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
