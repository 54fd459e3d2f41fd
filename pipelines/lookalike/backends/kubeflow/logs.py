"""The log of a run on a cluster: what its pods wrote, a line at a time, with the step before each."""

from collections.abc import Iterator

from lookalike.backends.kubeflow.connection import Connection
from lookalike.backends.kubeflow.steps import ENDED, Step
from lookalike_components.errors import LookalikeError

LOG = "/apis/v1alpha1/runs/{run}/nodes/{node}/log"
GONE = "its log is gone: the pod was deleted, and this installation keeps no archive of logs"


class RunLog:
    """Remembers how far each pod's log has been read: the API gives the whole of it every time.

    Args:
        connection: The way to the API.
        run: Number of the run.
    """

    def __init__(self, connection: Connection, run: str) -> None:
        self.connection = connection
        self.run = run
        self._read: dict[tuple[str, ...], int] = {}
        self._known: dict[tuple[str, ...], str] = {}
        self._over: set[tuple[str, ...]] = set()

    def take(self, steps: list[Step]) -> Iterator[str]:
        """The lines that have come since the last time; a step's prefix tells it from the others."""
        for step in steps:
            for names in step.pods:
                yield from self._of_pod(step, names)

    def _of_pod(self, step: Step, pod: tuple[str, ...]) -> Iterator[str]:
        if pod in self._over or step.state == "SKIPPED":
            return
        ended = step.state in ENDED
        lines = self._lines(pod, ended=ended)
        yield from (f"{step.name}: {line}" for line in lines[self._read.get(pod, 0) :])
        self._read[pod] = len(lines)
        if ended:
            self._over.add(pod)

    def _lines(self, pod: tuple[str, ...], *, ended: bool) -> list[str]:
        """The log's whole lines. The last one may still be written to while the step runs."""
        text = self._text(pod)
        if text is None:
            return [GONE] if ended else []
        whole = text if ended else text.rpartition("\n")[0]
        return whole.splitlines()

    def _text(self, pod: tuple[str, ...]) -> str | None:
        """The log under that of the pod's possible names that the API knows; it answers 500 for the others."""
        for name in [self._known[pod]] if pod in self._known else pod:
            path = LOG.format(run=self.run, node=name)
            text = self.connection.text("read the log", path, missing={400, 404, 500})
            if text is not None:
                self._known[pod] = name
                return text
        return None


def last_error(lines: Iterator[str]) -> str:
    """The sentence that a step ended with; "" where it did not get as far as one."""
    told = [line.partition(" error: ")[2] for line in lines if " error: " in line]
    return told[-1] if told else ""


def sentence(connection: Connection, run: str, step: Step) -> str:
    """What a step that failed said last; "" where its log says nothing, or is gone."""
    try:
        return last_error(RunLog(connection, run).take([step]))
    except LookalikeError:
        return ""
