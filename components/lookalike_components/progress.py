"""How a step tells what it is doing: log lines on stderr, and events that a local run can follow while it works.

The backend that starts a step may set ``LOOKALIKE_LIVE`` to a folder. Then every event is appended to its
``events.jsonl`` and every row of training history to its ``history.jsonl``, line by line, as it happens. Without the
variable (on a cluster, in a notebook) only the log lines remain.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from lookalike_components.errors import LookalikeError

LIVE = "LOOKALIKE_LIVE"
RUN = "LOOKALIKE_RUN"
SECONDS_BETWEEN_EVENTS = 0.5
SECONDS_BETWEEN_LINES = 10.0

Item = TypeVar("Item")
Facts = dict[str, Any]
_current_step: ContextVar[str] = ContextVar("current_step", default="lookalike")


@contextmanager
def step(name: str, **outputs: str) -> Iterator[Facts]:
    """Frames the work of one step: announces it, times it, and ends a foreseen failure with one sentence.

    Args:
        name: Name of the step as people see it, such as ``train``.
        outputs: Paths of the artifacts that the step writes, by name; a local run finds them by these. Of a step that
            failed, it finds the files that were written before.

    Yields:
        A dictionary for the facts worth telling at the end, such as ``{"images": 1640, "refused": 3}``.

    Raises:
        SystemExit: With the error's exit code, in place of any LookalikeError or lack of disk space.
    """
    token = _current_step.set(name)
    started = time.monotonic()
    facts: Facts = {}
    _emit(status="started")
    say("started")
    try:
        yield facts
    except (LookalikeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is None:
            raise
        message = str(error)
        left = {output: path for output, path in outputs.items() if Path(path).is_file()}
        _emit(status="failed", message=message, exit_code=getattr(error, "exit_code", 1), outputs=left)
        say(f"error: {message}")
        raise SystemExit(getattr(error, "exit_code", 1)) from error
    else:
        seconds = time.monotonic() - started
        _write_metrics(outputs, facts)
        _emit(status="finished", seconds=seconds, facts=facts, outputs=outputs)
        say(f"finished in {seconds:.1f} s: {describe(facts)}" if facts else f"finished in {seconds:.1f} s")
    finally:
        _current_step.reset(token)


@contextmanager
def on_behalf_of(name: str) -> Iterator[None]:
    """Lets a process that a step has started speak in the step's name, without framing its work again."""
    token = _current_step.set(name)
    try:
        yield
    finally:
        _current_step.reset(token)


def _write_metrics(outputs: dict[str, str], facts: Facts) -> None:
    """KFP takes a step from its cache only if every artifact's file is there; what is logged as a metric is in none."""
    if path := outputs.get("metrics"):
        Path(path).write_text(json.dumps(facts), encoding="utf-8")


def describe(facts: Facts) -> str:
    """Words for a step's facts: ``1,640 images, loss 0.34, R@1 0.61 to 0.83``."""
    return ", ".join(_describe(name.replace("_", " "), value) for name, value in facts.items())


def _describe(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{name} {value:.1e}" if 0 < abs(value) < 0.001 else f"{name} {value:.3f}"
    return f"{value:,} {name}" if isinstance(value, int) else f"{name} {value}"


def say(message: str) -> None:
    """Writes one line for people to the log (stderr), with the time and the step's name."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {_current_step.get():<9} {message}\n")
    sys.stderr.flush()


def track(
    items: Iterable[Item],
    total: int,
    what: str,
    each: int = 1,
    start: int = 0,
    facts: Callable[[], Facts] = dict,
) -> Iterator[Item]:
    """Passes ``items`` on and reports how far the work has come.

    Args:
        items: What is worked through; may be lazy.
        total: Number of units in all, for the share done.
        what: What a unit is, in the plural: ``images``, ``steps``.
        each: Units that one item stands for (a batch of 64 images: 64).
        start: Units that were done before.
        facts: Is asked for what else is worth telling, such as ``{"loss": 0.34, "images/s": 128}``.
    """
    last_event = last_line = time.monotonic()
    done = start
    for item in items:
        yield item
        done = min(done + each, total)
        now = time.monotonic()
        if now - last_event >= SECONDS_BETWEEN_EVENTS or done == total:
            last_event = now
            told = {"facts": found} if (found := facts()) else {}
            _emit(status="progress", done=done, total=total, what=what, **told)
        if now - last_line >= SECONDS_BETWEEN_LINES:
            last_line = now
            words = describe(facts())
            say(f"{done:,} of {total:,} {what}" + (f": {words}" if words else ""))


def record(history: Path, row: Facts) -> None:
    """Appends one row of training history to the artifact at ``history`` and, in a local run, to the live file."""
    line = json.dumps(row)
    for path in [history, *_live("history.jsonl")]:
        _append(path, line)


def last_failure() -> str:
    """The sentence of the step that failed last and was not tried again, where a local run follows the steps; or ""."""
    latest: dict[str, Facts] = {}
    for path in _live("events.jsonl"):
        latest = {event["step"]: event for event in _events(path)}
    failed = [event for event in latest.values() if event["status"] == "failed"]
    return max(((event["time"], f"{event['step']}: {event['message']}") for event in failed), default=(0.0, ""))[1]


def _events(path: Path) -> Iterator[Facts]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):  # a full disk or a kill cut this line
            yield json.loads(line)


def this_run() -> str:
    """What tells the run of this process from every other, where its backend says so in ``LOOKALIKE_RUN``; or ""."""
    return os.environ.get(RUN, "")


def _emit(**event: Any) -> None:
    for path in _live("events.jsonl"):
        _append(path, json.dumps({"time": time.time(), "step": _current_step.get(), **event}))


def _live(name: str) -> list[Path]:
    folder = os.environ.get(LIVE)
    return [Path(folder) / name] if folder else []


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
