"""Connections over REST that do not wait forever, and no more of them than there may be.

uvicorn sets no limit to how long, or how large, a head may be, nor to how long a client may leave an answer unread; and
it refuses what is too much in a form of its own.
"""

import logging
from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from lookalike_components.serve.config import Limits

_NO_HTTP = b'{"error":"the request is no HTTP that can be read"}'
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
)

# uvicorn warns of each piece of junk, with which any stranger could fill the log; our own faults are errors.
_log = logging.getLogger("lookalike.connections")
_log.setLevel(logging.ERROR)


class PatientConnection(HttpToolsProtocol):
    """Closes a connection whose next head does not arrive in time or has no end, or whose answer nobody takes."""

    def __init__(self, limits: Limits, crowded: ASGIApp, *arguments: Any, **named: Any) -> None:
        """Begins a connection.

        Args:
            limits: How long and how large a head may be, and how many connections there may be.
            crowded: Answers in place of the application where there are more.
            arguments: Of uvicorn.
            named: Of uvicorn.
        """
        super().__init__(*arguments, **named)
        self.logger = _log
        self._limits = limits
        self._answering, self._crowded = self.app, crowded
        self._head_timer: TimerHandle | None = None
        self._head_bytes = 0
        self._answer_timer: TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Gives the first head its time: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the timers, and has the answer that is under way end."""
        self._have_head()
        self._answer_is_taken()
        if self._answered:  # uvicorn tells the latest request alone, which may wait behind others
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what comes as long as it may belong to a head."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer and self._head_bytes > self._limits.head_bytes:
            self._close()

    def on_message_begin(self) -> None:
        """Gives the next head of a kept connection its time."""
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is there: the request is answered, or refused where too many connections are open."""
        self._have_head()
        self.app = self._answering if len(self.connections) <= self._limits.connections else self._crowded
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, as everything else that is refused."""
        self.transport.write(_ANSWER % (len(_NO_HTTP), _NO_HTTP))
        self._close()

    def pause_writing(self) -> None:
        """More is written than the client takes: it gets its time."""
        super().pause_writing()
        self._expect_reader()

    def resume_writing(self) -> None:
        """The client has taken most of what there was."""
        if not self.transport.is_closing():
            self._answer_is_taken()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Where the connection ends with this answer, it ends in time."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reader()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for long enough."""
        self._close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _expect_reader(self) -> None:
        if self._answer_timer is None:
            self._answer_timer = self.loop.call_later(self._limits.seconds, self.transport.abort)

    def _answer_is_taken(self) -> None:
        if self._answer_timer:
            self._answer_timer.cancel()
            self._answer_timer = None

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self._limits.head_seconds, self._close)

    def _have_head(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self) -> None:
        self._have_head()
        self.transport.close()  # which waits until all is written
        self._expect_reader()
