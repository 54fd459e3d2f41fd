"""Connections over REST that do not wait forever: uvicorn sets no limit to how long, or how large, a head may be."""

import logging
from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lookalike_components.serve.config import Limits

_NO_HTTP = b'{"error":"the request is no HTTP that can be read"}'
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
)

# uvicorn warns of each piece of junk, with which any stranger could fill the log; our own faults are errors.
_log = logging.getLogger("lookalike.connections")
_log.setLevel(logging.ERROR)


class PatientConnection(HttpToolsProtocol):
    """Closes a connection whose next head does not arrive in time or has no end."""

    def __init__(self, limits: Limits, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = _log
        self._limits = limits
        self._head_timer: TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Gives the first head its time: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the timer."""
        self._have_head()
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
        """The head is there."""
        self._have_head()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, as everything else that is refused."""
        self.transport.write(_ANSWER % (len(_NO_HTTP), _NO_HTTP))
        self._close()

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self._limits.head_seconds, self._close)

    def _have_head(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self) -> None:
        self._have_head()
        self.transport.close()
