"""The backend of a cluster: the verbs of a run, asked of the API of Kubeflow Pipelines."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lookalike.backends import Event
from lookalike.backends.kubeflow import artifacts, submission
from lookalike.backends.kubeflow.connection import Connection
from lookalike.backends.kubeflow.logs import RunLog, sentence
from lookalike.backends.kubeflow.steps import ENDED, Step, steps_of
from lookalike.backends.local import ARTIFACTS, METRICS, Kept
from lookalike.backends.record import RunRecord, Status
from lookalike.config import FinetuneConfig
from lookalike_components.errors import UserError

NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STATUS = {
    "PENDING": Status.CREATED,
    "RUNTIME_STATE_UNSPECIFIED": Status.CREATED,
    "SUCCEEDED": Status.FINISHED,
    "SKIPPED": Status.FINISHED,
    "FAILED": Status.FAILED,
    "CANCELED": Status.FAILED,
}
PAGE = 100
SECONDS_BETWEEN_LOOKS = 2.0


class KubeflowBackend:
    """Runs are known by the name that they were given; of two with one name, the older by its number."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def submit(self, name: str, config: FinetuneConfig, *, resume: bool = False) -> None:
        """Hands the pipeline to the cluster, or the failed run back to it, and returns."""
        if resume:
            submission.retry(self.connection, name, self._run(name), config)
        elif (there := self._named(name)) and not _is_archived(there):
            raise UserError(
                f"there is a run called {name} at {self.connection.place} already; "
                f"choose another --name, go on with --resume, or `lookalike runs delete {name}`"
            )
        else:
            submission.create(self.connection, name, config)

    def names(self) -> list[str]:
        """Names of the runs of this pipeline, oldest first."""
        names: list[str] = []
        for run in self._ours():
            names.append(run.run_id if run.display_name in names else run.display_name)
        return names[::-1]

    def record(self, name: str) -> RunRecord:
        """What the API tells of the run."""
        run = self._run(name)
        status = STATUS.get(run.state or "RUNTIME_STATE_UNSPECIFIED", Status.STARTED)
        steps = steps_of(run)
        promoted = _has_succeeded("export", steps) if status == Status.FINISHED else None
        error = self._error(run, steps) if status == Status.FAILED else ""
        return RunRecord(
            name=name,
            status=status,
            config=FinetuneConfig.by_section(submission.parameters_of(run)),
            created=run.created_at.timestamp(),
            started=min((step.started for step in steps), default=None),
            finished=run.finished_at.timestamp() if status.ended and run.finished_at else None,
            artifacts=_root(run),
            promoted=promoted,
            exit_code={None: 1 if error else None, True: 0, False: 3}[promoted],
            error=error,
            versions={},
        )

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        """What the pods wrote, each line after the name of its step."""
        run = self._run(name)
        log = RunLog(self.connection, run.run_id)
        for look in self._looks(run, follow=follow):
            yield from log.take(steps_of(look))

    def events(self, name: str, *, follow: bool = False) -> Iterator[Event]:
        """Beginnings and ends of the steps; how far a step is between the two, the API does not know."""
        run = self._run(name)
        begun: set[str] = set()
        over: set[str] = set()
        for look in self._looks(run, follow=follow):
            for step in steps_of(look):
                if step.name not in begun:
                    begun.add(step.name)
                    yield {"time": step.started, "step": step.name, "status": "started"}
                if step.state in ENDED and step.name not in over:  # its facts are fetched once, not at every look
                    over.add(step.name)
                    yield {"time": step.ended, "step": step.name, **self._end(look, step)}

    def artifact(self, name: str, artifact: str) -> Path:
        """Brings one of `ARTIFACTS`, or ``metrics``, to this machine's cache, and gives its path there."""
        run = self._run(name)
        kept = ARTIFACTS["comparison" if artifact == "metrics" else artifact]
        path = self._bring(run, kept)
        if path is None:
            raise UserError(f"{name} has no {artifact.replace('_', ' ')}: {self._why_not(run, kept)}")
        return path / METRICS if artifact == "metrics" else path

    def cancel(self, name: str) -> None:
        """Asks the cluster to stop the run."""
        run, record = self._run(name), self.record(name)
        if record.status.ended:
            raise UserError(f"{name} is {record.status}; there is nothing to cancel")
        self.connection.write("stop runs", lambda: self.connection.client.terminate_run(run.run_id))

    def delete(self, name: str) -> None:
        """Removes the run from Kubeflow, and what this machine has of it; what it wrote stays in its store."""
        run = self._run(name)
        if not self.record(name).status.ended:
            raise UserError(f"{name} is still running; `lookalike runs cancel {name}` first")
        self.connection.write("delete runs", lambda: self.connection.client.delete_run(run.run_id))
        artifacts.forget(run.run_id)

    def _run(self, name: str) -> Any:
        number = name if NUMBER.fullmatch(name) else getattr(self._named(name), "run_id", None)
        if number is None:
            raise self._unknown(name)
        run = self._look(number)
        if not submission.is_ours(run):
            raise self._unknown(name)
        return run

    def _unknown(self, name: str) -> UserError:
        return UserError(f"there is no run called {name} at {self.connection.place}; `lookalike runs list` names them")

    def _look(self, number: str) -> Any:
        return self.connection.read("read runs", lambda: self.connection.client.get_run(number))

    def _named(self, name: str) -> Any | None:
        """Our newest run of this name, without its steps; an archived one where there is no other."""
        named = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
        found = self._listed(filter=named, page_size=PAGE).runs or []
        return min(filter(submission.is_ours, found), key=_is_archived, default=None)

    def _ours(self) -> Iterator[Any]:
        """Runs of this pipeline, newest first; those that somebody archived are put away."""
        token = ""
        while True:
            page = self._listed(page_token=token, page_size=PAGE)
            kept = [run for run in page.runs or [] if not _is_archived(run)]
            yield from filter(submission.is_ours, kept)
            if not (token := page.next_page_token or ""):
                return

    def _listed(self, **arguments: Any) -> Any:
        given = {"sort_by": "created_at desc", "namespace": self.connection.namespace, **arguments}
        return self.connection.read("list runs", lambda: self.connection.client.list_runs(**given))

    def _looks(self, run: Any, *, follow: bool) -> Iterator[Any]:
        """The run as it is now; with ``follow`` again and again, and a last time when it has ended."""
        yield run
        while follow and STATUS.get(run.state or "", Status.STARTED).ended is False:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            run = self._look(run.run_id)
            yield run

    def _end(self, run: Any, step: Step) -> Event:
        match step.state:
            case "SUCCEEDED":
                facts = artifacts.facts(_root(run), run.run_id, step.name)
                return {"status": "finished", "seconds": (step.ended or 0.0) - step.started, "facts": facts}
            case "SKIPPED":
                return {"status": "cached"}
        message = sentence(self.connection, run.run_id, step)
        return {"status": "failed", "message": message or f"is {step.state}", "exit_code": 1}

    def _error(self, run: Any, steps: list[Step]) -> str:
        """The sentence of the step that failed, as its log has it; else what Kubeflow says."""
        if run.state == "CANCELED":
            return "cancelled"
        told = f"; `lookalike runs logs {run.display_name}` has its log"
        for step in (step for step in steps if step.state == "FAILED"):
            return f"{step.name}: {sentence(self.connection, run.run_id, step) or f'it failed{told}'}"
        return (run.error.message if run.error else "") or "Kubeflow could not start it; its own page says why"

    def _why_not(self, run: Any, kept: Kept) -> str:
        if any(step.name == kept.step and step.state == "SKIPPED" for step in steps_of(run)):
            return "Kubeflow took it from its cache, and it lies with the earlier run that wrote it"
        if not _root(run):
            return (
                "it was started without a pipeline root, which tells where it writes; give it ARTIFACTS/kfp as its root"
            )
        record = self.record(run.run_id)
        return "it was not promoted" if record.promoted is False else f"it is {record.status}"

    def _bring(self, run: Any, kept: Kept) -> Path | None:
        root = _root(run)
        written = (artifacts.find(root, run.run_id, step, kept.output) for step in kept.steps) if root else ()
        found = next(filter(None, written), None)
        return artifacts.bring(found, run.run_id, kept.place) if found else None


def _is_archived(run: Any) -> bool:
    return bool(run.storage_state == "ARCHIVED")


def _has_succeeded(name: str, steps: list[Step]) -> bool:
    return any(step.name == name and step.state in {"SUCCEEDED", "SKIPPED"} for step in steps)


def _root(run: Any) -> str:
    return str((run.runtime_config.pipeline_root if run.runtime_config else None) or "")
