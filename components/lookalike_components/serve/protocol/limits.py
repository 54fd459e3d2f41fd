"""What every request over REST has to keep to: its body is read here, whole, bounded and in time, before anything else.

A client that leaves meanwhile is not worked for any longer.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike_components.errors import UserError
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.protocol.faults import refuse
from lookalike_components.serve.refusals import Busy, TooLarge, TooSlow

TIMEOUT_HEADER = "x-request-timeout"
"""Seconds that the client grants its request; it can grant less than the server does, not more."""
LINGERING_SECONDS = 2.0


class Gone(Exception):  # noqa: N818
    """The client left before it had sent its request."""


class _Incoming:
    """The messages of a request, and whether its body is at its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.has_more = True

    async def next(self) -> Message:
        message = await self._receive()
        self.has_more = message.get("more_body", False)
        return message


class Limited:
    """ASGI middleware: hands on requests with their whole body in one message, under a deadline."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, incoming = Headers(scope=scope), _Incoming(receive)
        try:
            deadline = self._deadline(headers)
            announced = self._announced(headers)
            with deadline.held(), self._room_for(announced):
                body = await self._body(incoming, announced, deadline)
                await self._while_connected(scope, body, receive, send)
        except Gone:
            return
        except UserError as error:
            await _refuse_and_linger(error, headers, incoming, send)

    def _deadline(self, headers: Headers) -> Deadline:
        most, wanted = self._limits.seconds, headers.get(TIMEOUT_HEADER)
        return Deadline.after(most if wanted is None else min(most, seconds(wanted, f"the header {TIMEOUT_HEADER}")))

    def _announced(self, headers: Headers) -> int:
        """Bytes of the body as the head announces them; where it announces none, as many as there may be."""
        most = self._limits.body_bytes
        if "transfer-encoding" in headers:
            return most
        length = int(headers.get("content-length", 0))  # digits: the parser of the head has seen to it
        if length > most:
            raise self._too_large()
        return length

    @contextmanager
    def _room_for(self, announced: int) -> Iterator[None]:
        """Bounds what the bodies of all requests take together."""
        if self._bytes + announced > self._limits.all_body_bytes:
            raise Busy("the server holds as many bytes of requests as it may; try again in 1 s", retry_after=1)
        self._bytes += announced
        try:
            yield
        finally:
            self._bytes -= announced

    async def _body(self, incoming: _Incoming, announced: int, deadline: Deadline) -> bytes:
        if not announced:
            return b""
        try:
            async with asyncio.timeout(deadline.remaining):
                return await self._read(incoming)
        except TimeoutError as error:
            raise TooSlow(f"the request did not arrive within {deadline.seconds:g} s; send it faster") from error

    async def _read(self, incoming: _Incoming) -> bytes:
        parts, size = [], 0
        while incoming.has_more:
            message = await incoming.next()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > self._limits.body_bytes:
                raise self._too_large()
        return b"".join(parts) if len(parts) > 1 else parts[0]

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request is larger than {self._limits.body_bytes:,} bytes; send fewer or smaller images")

    async def _while_connected(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        first: Message | None = {"type": "http.request", "body": body, "more_body": False}
        is_gone = False

        async def replay() -> Message:
            nonlocal first
            message, first = first, None
            return message or await receive()

        async def watch() -> None:
            nonlocal is_gone
            await receive()  # behind the body, only the end of the connection can come
            is_gone = True
            task.cancel()

        watching = asyncio.create_task(watch()) if body else None
        try:
            await self._app(scope, replay, send)
        except asyncio.CancelledError:
            if not is_gone:
                raise
            task.uncancel()
        finally:
            if watching:
                watching.cancel()


def seconds(text: str, name: str) -> float:
    """Reads a number of seconds that a client grants.

    Raises:
        UserError: It is no positive number; ``name`` says which.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise UserError(f"{name} is not a number of seconds above 0; send one, such as 2.5")
    return number


async def _refuse_and_linger(error: UserError, headers: Headers, incoming: _Incoming, send: Send) -> None:
    """Refuses, and reads for a while what is still being sent: closed at once, most clients would see but a reset."""
    await refuse(error, send, more_body=True)
    if isinstance(error, TooLarge) and "expect" not in headers:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGERING_SECONDS):
                while incoming.has_more:
                    await incoming.next()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
