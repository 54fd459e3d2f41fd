"""Until when a request is worth working for."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from lookalike_components.serve.refusals import TooLate

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, and how many seconds it was away when the request came."""

    moment: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The moment ``seconds`` from now."""
        return cls(time.monotonic() + seconds, seconds)

    @classmethod
    def current(cls) -> "Deadline":
        """That of the request that the caller works for; never, outside of requests."""
        return _current.get()

    def sooner(self, seconds: float) -> "Deadline":
        """The moment ``seconds`` from now, or this one where it comes first."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.moment)

    @property
    def remaining(self) -> float:
        """Seconds that are left; not below 0."""
        return max(0.0, self.moment - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any more."""
        return time.monotonic() >= self.moment

    def too_late(self) -> TooLate:
        """What the client is told."""
        return TooLate(f"the request was not answered within {self.seconds:g} s; send fewer images or grant more time")

    async def within(self, awaited: Awaitable[Made]) -> Made:
        """Waits until then, and no longer.

        Raises:
            TooLate: It came first; what is awaited was cancelled.
        """
        try:
            async with asyncio.timeout(None if self is NEVER else self.remaining) as limit:
                return await awaited
        except TimeoutError:
            if not limit.expired():  # what is awaited has time limits of its own
                raise
            raise self.too_late() from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes it the current one."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


NEVER = Deadline(float("inf"), float("inf"))
_current: ContextVar[Deadline] = ContextVar("deadline", default=NEVER)
