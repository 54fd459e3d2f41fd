"""How many bytes of requests the server holds at once, whatever protocol they came over."""

from types import TracebackType
from typing import Self

from lookalike_components.serve.refusals import Busy


class Room:
    """Counts the bytes of all requests that are read or worked on. Used by the event loop alone."""

    def __init__(self, most: int) -> None:
        self.most = most
        """Bytes that may be held."""
        self.held = 0
        """Bytes that are held."""

    def share(self) -> "Share":
        """What one request takes of it, nothing at first; to be entered."""
        return Share(self)


class Share:
    """The bytes of one request, which are given back when it is left."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._bytes = 0

    def take(self, nbytes: int) -> None:
        """Holds more, as it arrives: what is announced and never sent must keep nobody out.

        Raises:
            Busy: There is no room for it.
        """
        if self._room.held + nbytes > self._room.most:
            raise Busy("the server holds as many bytes of requests as it may; try again in 1 s", retry_after=1)
        self._room.held += nbytes
        self._bytes += nbytes

    def __enter__(self) -> Self:
        """Begins with nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives everything back."""
        self._room.held -= self._bytes
        self._bytes = 0
