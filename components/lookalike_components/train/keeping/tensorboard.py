"""The rows of history as TensorBoard reads them."""

import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from lookalike_components.progress import Facts
from lookalike_components.train.keeping.history import numbers_of

FILE = "events.out.tfevents.lookalike"
"""One name for every attempt at a training: what an earlier one left is replaced, also in a bucket."""


class TensorBoard:
    """A folder of events; each row is in its file when `record` is over.

    Trials of variants are runs of their own, ``trial-1`` and so on, beside the training's.

    Args:
        folder: Where TensorBoard is to look.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, RecordWriter] = {}

    def record(self, row: Facts) -> None:
        """Writes a row's numbers, at its step."""
        values = [Summary.Value(tag=name, simple_value=value) for name, value in numbers_of(row).items()]
        self._write(row, Event(wall_time=time.time(), step=row["step"], summary=Summary(value=values)))

    def close(self) -> None:
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()

    def _write(self, row: Facts, event: Event) -> None:
        writer = self._writer(f"trial-{row['trial'] + 1}" if "trial" in row else "")
        writer.write(event.SerializeToString())
        writer.flush()

    def _writer(self, run: str) -> RecordWriter:
        if run not in self._writers:
            folder = self._folder / run
            folder.mkdir(parents=True, exist_ok=True)
            self._writers[run] = RecordWriter((folder / FILE).open("wb"))
            version = Event(wall_time=time.time(), file_version="brain.Event:2")
            self._writers[run].write(version.SerializeToString())
        return self._writers[run]
