"""Where the artifacts of a local run go beside its folder: ``<artifacts>/<run's name>`` in a bucket or another folder.

kfp.local keeps what its tasks write on this machine, whatever root it is given. So the worker lets the run work in its
folder, and this module brings every artifact to the store as its step finishes, under the places that the run's folder
has them under.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lookalike.backends import Event
from lookalike.backends import growing_files as files
from lookalike.backends.local import ARTIFACTS, METRICS, Kept
from lookalike.backends.record import RunRecord
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import say
from lookalike_components.storage import create_bytes, join, local_path, read_bytes, upload, upload_folder, write_bytes

RECORD = "run.json"
ACCOUNTS = ("logs.txt", "events.jsonl")
BROUGHT = "brought.txt"


def place_of(folder: Path, artifacts: str) -> str:
    """URI of a run in its artifact store; "" for a run that keeps everything in its own folder."""
    path = local_path(artifacts)
    if not artifacts or (path is not None and (path / folder.name).absolute() == folder.absolute()):
        return ""
    return join(artifacts, folder.name)


class ArtifactStore:
    """Brings what a run writes to its place, once; a lost connection is made up for at the end, or by --resume.

    Args:
        folder: The run's folder.
        place: URI of the run in the store; "" for none, and then nothing happens.
    """

    def __init__(self, folder: Path, place: str) -> None:
        self.folder = folder
        self.place = place
        self._claimed = False
        self._brought = set(files.lines(folder / BROUGHT))

    def claim(self, record: RunRecord) -> None:
        """Takes the place for this run.

        Raises:
            UserError: Another run of this name has it.
            LookalikeError: The store cannot be reached.
        """
        if not self.place:
            return
        if not create_bytes(join(self.place, RECORD), _json(record)):
            there = RunRecord.model_validate_json(read_bytes(join(self.place, RECORD)))
            if there.created != record.created:
                raise UserError(f"{self.place} holds another run of this name; choose another --name or --artifacts")
            write_bytes(join(self.place, RECORD), _json(record))
        self._claimed = True

    @contextmanager
    def following(self) -> Iterator[None]:
        """While the block runs, brings the artifacts of each step that finishes, and what one that fails has written.

        Ends when all is brought, even where a step that failed ended the block; a cancelled run does not wait for it.
        """
        over = threading.Event()
        follower = threading.Thread(target=self._follow, args=[over.is_set], daemon=True)

        def end() -> None:
            over.set()
            if self.place:
                follower.join()

        if self.place:
            follower.start()
        try:
            yield
        except Exception:
            end()
            raise
        end()

    def _follow(self, over: Callable[[], bool]) -> None:
        for event in files.objects(files.follow(self.folder / "events.jsonl", over)):
            try:
                self.bring([event])
            except LookalikeError as error:
                say(f"{error} (goes on; brings it at the end)")

    def bring(self, events: list[Event]) -> None:
        """Brings the artifacts that these events tell of, of each the newest, unless they are there.

        Raises:
            LookalikeError: The store cannot be reached.
        """
        for kept, source in newest(events).items():
            if self.place and str(source) not in self._brought:
                self._bring(kept, source)

    def _bring(self, kept: Kept, source: Path) -> None:
        place = join(self.place, kept.place)
        (upload_folder if source.is_dir() else upload)(source, place)
        if kept.output == "comparison":
            upload(source / METRICS, join(self.place, METRICS))
        with (self.folder / BROUGHT).open("a", encoding="utf-8") as file:
            file.write(f"{source}\n")
        self._brought.add(str(source))
        say(f"brought {place}")

    def conclude(self, record: RunRecord) -> None:
        """Brings the log, and the record as the last of all: where it says FINISHED, everything is there.

        Does nothing for a place that was not claimed.

        Raises:
            LookalikeError: The store cannot be reached.
        """
        if not self._claimed:
            return
        for name in ACCOUNTS:
            if (self.folder / name).exists():
                upload(self.folder / name, join(self.place, name))
        write_bytes(join(self.place, RECORD), _json(record))


def newest(events: list[dict[str, Any]]) -> dict[Kept, Path]:
    """Where the steps wrote what a run keeps; of a step that ran twice, what it wrote last."""
    written = {(event["step"], name): path for event in events for name, path in event.get("outputs", {}).items()}
    found = {kept: [written.get((step, kept.output)) for step in kept.steps] for kept in ARTIFACTS.values()}
    return {kept: Path(next(filter(None, paths))) for kept, paths in found.items() if any(paths)}


def _json(record: RunRecord) -> bytes:
    return record.as_json().encode()
