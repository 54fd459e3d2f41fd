"""Where a run happens. Every backend keeps the same promises, so that the verbs above do not ask which one it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from lookalike.backends.record import RunRecord, Status
from lookalike.config import FinetuneConfig

__all__ = ["Backend", "Event", "RunRecord", "Status"]

Event = dict[str, Any]


class Backend(Protocol):
    """What `Run` needs from the place where the pipeline runs."""

    def submit(self, name: str, config: FinetuneConfig, *, resume: bool = False) -> None:
        """Starts the pipeline and returns; raises UserError where the name is taken or there is nothing to resume."""

    def names(self) -> list[str]:
        """Names of the known runs, oldest first."""

    def record(self, name: str) -> RunRecord:
        """What is known of a run now; raises UserError for an unknown name."""

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        """The log line by line; with ``follow`` until the run has ended."""

    def events(self, name: str, *, follow: bool = False) -> Iterator[Event]:
        """What the steps reported (started, progress, finished, failed, cached); with ``follow`` until the end."""

    def artifact(self, name: str, artifact: str) -> Path:
        """Path of something that the run wrote, such as ``release``; raises UserError where it is not there."""

    def cancel(self, name: str) -> None:
        """Stops a run that is under way."""

    def delete(self, name: str) -> None:
        """Removes a run and what it wrote; raises UserError while it is under way."""
