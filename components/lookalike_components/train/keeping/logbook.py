"""Where the rows of history go while a training makes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike_components.progress import Facts, record, say
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.history import line_of
from lookalike_components.train.keeping.tensorboard import TensorBoard
from lookalike_components.train.keeping.trackers import Tracker, trackers

Record = Callable[[Facts], None]


@contextmanager
def logbook(history: str | Path, tensorboard: str | Path, config: TrainConfig) -> Iterator[Record]:
    """Gives what takes a row: into the history, the log, TensorBoard, and the trackers that the environment names.

    Args:
        history: JSON Lines file; what an earlier attempt left there is replaced.
        tensorboard: Folder for TensorBoard events; empty for none.
        config: The settings of the training, for the trackers.
    """
    history = Path(history)
    history.unlink(missing_ok=True)
    listeners: list[TensorBoard | Tracker] = [*trackers(config)]
    listeners += [TensorBoard(Path(tensorboard))] if tensorboard else []

    def take(row: Facts) -> None:
        record(history, row)
        say(line_of(row))
        for listener in listeners:
            listener.record(row)

    try:
        yield take
    finally:
        for listener in listeners:
            listener.close()
