"""A process that is asked to stop: what it has started elsewhere, or put into a temporary file, ends with it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 128 + signal.SIGTERM
"""The exit code of a process that was asked to stop and did."""


@contextmanager
def unwound_when_stopped() -> Iterator[None]:
    """Lets a request to stop (SIGTERM) unwind this process instead of ending it on the spot; main thread alone."""
    with _handled(_unwind):
        yield


@contextmanager
def stop_put_off() -> Iterator[Callable[[], bool]]:
    """Lets the block come to a good place first: a request to stop is only noted; main thread alone.

    Yields:
        Whether there was a request.

    Raises:
        SystemExit: The block went to its end all the same, although there was a request.
    """
    requests: list[int] = []
    with _handled(lambda number, _frame: requests.append(number)):
        yield lambda: bool(requests)
    if requests:
        raise SystemExit(STOPPED)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _unwind(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
