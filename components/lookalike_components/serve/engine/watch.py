"""Somebody who looks again and again, for as long as a request waits."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watch:
    """One timer for all requests. Used by the event loop alone."""

    def __init__(self, seconds: float, look: Callable[[], object]) -> None:
        """Looks at nothing yet.

        Args:
            seconds: Between two looks.
            look: Is called by the event loop, and must not hold it up.
        """
        self._seconds = seconds
        self._look = look
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Looks while what is done inside is under way."""
        self._waiting += 1
        if self._waiting == 1:
            self._wait()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting and self._timer:
                self._timer.cancel()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._tick)

    def _tick(self) -> None:
        self._wait()
        self._look()
