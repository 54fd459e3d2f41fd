"""What every request over REST has to keep to: its body is read here, whole, bounded and in time, before anything else.

A client that leaves meanwhile is not worked for any longer.
"""

import asyncio
import math
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike_components.errors import UserError
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.protocol.faults import refuse
from lookalike_components.serve.protocol.measure import Measure
from lookalike_components.serve.protocol.room import Room, Share
from lookalike_components.serve.refusals import TooLarge, TooManyConnections, TooSlow

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

    def __init__(self, app: ASGIApp, limits: Limits, room: Room) -> None:
        self._app = app
        self._limits = limits
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, incoming = Headers(scope=scope), _Incoming(receive)
        try:
            deadline = self._deadline(headers)
            measure = Measure.of(scope["path"], headers, self._limits)
            with deadline.held(), self._room.share() as share:
                body = await _body(headers, incoming, measure, share)
                await self._while_connected(scope, body, receive, send)
        except Gone:
            return
        except UserError as error:
            await _refuse_and_linger(error, headers, incoming, send)

    def _deadline(self, headers: Headers) -> Deadline:
        most, wanted = self._limits.seconds, headers.get(TIMEOUT_HEADER)
        return Deadline.after(most if wanted is None else min(most, seconds(wanted, f"the header {TIMEOUT_HEADER}")))

    async def _while_connected(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Has the request answered, and ends that where the client leaves."""
        replayed = _Replayed(body, receive)
        try:
            async with asyncio.timeout(None) as presence:
                watching = asyncio.create_task(_watch(receive, presence)) if body else None
                try:
                    await self._app(scope, replayed.next, send)
                finally:
                    if watching:
                        watching.cancel()
        except TimeoutError:
            if not presence.expired():  # one of the answer's own
                raise


class _Replayed:
    """The messages of a request whose body has been read."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._first: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def next(self) -> Message:
        message, self._first = self._first, None
        return message or await self._receive()


async def _watch(receive: Receive, presence: asyncio.Timeout) -> None:
    await receive()  # behind the body, only the end of the connection can come
    presence.reschedule(asyncio.get_running_loop().time())


async def _body(headers: Headers, incoming: _Incoming, measure: Measure, share: Share) -> bytes:
    length = int(headers.get("content-length", 0))  # digits: the parser of the head has seen to it
    measure.check_length(length)
    if not length and "transfer-encoding" not in headers:
        return b""
    deadline = Deadline.current()
    try:
        async with asyncio.timeout(deadline.remaining):
            body = await _read(incoming, measure, share)
    except TimeoutError as error:
        raise TooSlow(f"the request did not arrive within {deadline.seconds:g} s; send it faster") from error
    measure.check_content(body)
    return body


async def _read(incoming: _Incoming, measure: Measure, share: Share) -> bytes:
    parts, size = [], 0
    while incoming.has_more:
        message = await incoming.next()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        measure.check_length(size)
        share.take(len(part))
    return b"".join(parts) if len(parts) > 1 else parts[0]


class Crowded:
    """ASGI application: refuses the requests of connections past those that the server takes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses one request; its connection is closed behind the answer."""
        most = self._limits.connections
        error = TooManyConnections(
            f"the server takes no more than {most:,} connections at once; try again in 1 s", retry_after=1
        )
        await _refuse_and_linger(error, Headers(scope=scope), _Incoming(receive), send)


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
    if isinstance(error, TooLarge | TooManyConnections) and "expect" not in headers:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGERING_SECONDS):
                while incoming.has_more:
                    await incoming.next()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
