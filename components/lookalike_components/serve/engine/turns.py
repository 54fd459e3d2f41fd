"""Threads for what the event loop cannot wait for: so much may wait for its turn, and nothing is begun too late."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lookalike_components.serve.engine.admission import Admission
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.observability.traces import carried

Made = TypeVar("Made")


class Turns:
    """Has threads call functions. Used by the event loop alone."""

    def __init__(self, most: int, threads: int, what: str) -> None:
        """Starts no thread yet.

        Args:
            most: How much may wait or be worked on at once.
            threads: How many work at once.
            what: What is done, in the plural, as clients are told.
        """
        self._admission = Admission(most, what)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=what)

    async def take(self, count: int, function: Callable[[], Made]) -> Made:
        """What ``function`` returns, called by a thread that is free.

        Args:
            count: How much of what may wait it is, at least 1; more than may ever wait counts as all of it.
            function: What is called.

        Raises:
            Busy: Too much waits already.
            TooLate: The current deadline came first. A function that was called ends by itself.
        """
        deadline, since, is_over = Deadline.current(), time.monotonic(), False
        count = max(1, min(count, self._admission.most))
        in_flight = self._admission.take(count)

        def turn() -> Made:
            try:
                if is_over or deadline.is_over:
                    raise deadline.too_late()
                return function()
            finally:
                self._admission.give_back(count)

        try:
            # Shielded, since a turn that is cancelled would stay in the queue without counting there.
            made = await deadline.within(asyncio.shield(asyncio.wrap_future(self._threads.submit(carried(turn)))))
        finally:
            is_over = True
        self._admission.learn(in_flight, time.monotonic() - since)
        return made

    def close(self) -> None:
        """Ends the threads; what is under way is finished, what waits is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)
