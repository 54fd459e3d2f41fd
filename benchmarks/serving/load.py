"""Asks a server as fast as it answers: so many connections, each with one request under way at any time.

    python -m serving.load http 127.0.0.1:8080 request.bin --connections 8 --seconds 5

HTTP is spoken over bare sockets and gRPC with messages that are bytes already, so that one core can ask for more than
any contestant can answer. How busy that core was is part of the result.
"""

import argparse
import asyncio
import json
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEAD_ENDS = b"\r\n\r\n"
LENGTH = b"content-length:"
INFER = "/inference.GRPCInferenceService/ModelInfer"
LAST_CHUNK = b"\r\n0\r\n\r\n"
UNKNOWN = -1
CHUNK = 2**18
FEWEST = 50
LONGEST = 60.0


class Broken(Exception):  # noqa: N818
    """A server answered with something else than success, or not at all."""


@dataclass
class Clock:
    """Latencies of the requests that were answered after the warm-up; there are `FEWEST` of them at least."""

    warm_seconds: float
    seconds: float
    started: float = field(default_factory=time.perf_counter)
    latencies: list[float] = field(default_factory=list)
    last: float = 0.0

    @property
    def opens(self) -> float:
        """When the measuring begins."""
        return self.started + self.warm_seconds

    def is_over(self) -> bool:
        """Whether enough has been seen."""
        over = time.perf_counter() - self.opens - self.seconds
        return over >= 0 and (len(self.latencies) >= FEWEST or over >= LONGEST)

    def answered(self, sent: float) -> None:
        """Notes one answer."""
        now = time.perf_counter()
        if now >= self.opens:
            self.latencies.append(now - sent)
            self.last = now


@dataclass(frozen=True)
class Result:
    """What was seen of a server; seconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    busy: float
    """Share of its core that the asking took."""


class Connection:
    """One HTTP connection that sends the same bytes again and again."""

    def __init__(self, address: tuple[str, int], request: bytes, clock: Clock) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._request, self._clock = memoryview(request), clock
        self._answer, self._expected = bytearray(), 0
        self.begin()

    def begin(self) -> None:
        """Starts the next request."""
        self._left, self._sent = self._request, time.perf_counter()
        self._answer.clear()
        self._expected = 0
        self.write()

    def write(self) -> None:
        """Hands over as much of the request as the system takes."""
        try:
            while self._left:
                self._left = self._left[self.socket.send(self._left) :]
        except BlockingIOError:
            return

    @property
    def wants(self) -> int:
        """What to wait for."""
        return selectors.EVENT_READ | selectors.EVENT_WRITE if self._left else selectors.EVENT_READ

    def read(self) -> bool:
        """Takes what has come; tells whether the answer is whole."""
        part = self.socket.recv(CHUNK)
        if not part:
            raise Broken("the server closed the connection")
        self._answer += part
        if not self._is_whole():
            return False
        self._clock.answered(self._sent)
        return True

    def _is_whole(self) -> bool:
        if not self._expected:
            self._expected = _expected_bytes(self._answer)
        if self._expected == UNKNOWN:
            return self._answer.endswith(LAST_CHUNK)
        return 0 < self._expected <= len(self._answer)


def _expected_bytes(answer: bytearray) -> int:
    """Length of the whole answer, once its head is there; 0 before, and `UNKNOWN` where it comes in chunks."""
    end = answer.find(HEAD_ENDS)
    if end < 0:
        return 0
    head = bytes(answer[:end])
    if not head.startswith(b"HTTP/1.1 200"):
        raise Broken(bytes(answer[:500]).decode("utf-8", "replace"))
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(LENGTH)]
    return end + len(HEAD_ENDS) + int(lengths[0][len(LENGTH) :]) if lengths else UNKNOWN


def ask_http(address: str, request: bytes, connections: int, clock: Clock) -> None:
    """Asks over HTTP/1.1 until the clock is over."""
    host, _, port = address.rpartition(":")
    with selectors.DefaultSelector() as selector:
        opened = [Connection((host, int(port)), request, clock) for _ in range(connections)]
        waited = {connection.socket.fileno(): connection.wants for connection in opened}
        for connection in opened:
            selector.register(connection.socket, connection.wants, connection)
        while not clock.is_over():
            for key, events in selector.select(timeout=1):
                connection = key.data
                if events & selectors.EVENT_WRITE:
                    connection.write()
                if events & selectors.EVENT_READ and connection.read():
                    connection.begin()
                if waited[key.fd] != connection.wants:
                    waited[key.fd] = connection.wants
                    selector.modify(connection.socket, connection.wants, connection)
        for connection in opened:
            connection.socket.close()


def ask_grpc(address: str, request: bytes, connections: int, clock: Clock) -> None:
    """Asks over gRPC until the clock is over; each connection is a channel of its own."""
    asyncio.run(_ask_grpc(address, request, connections, clock))


async def _ask_grpc(address: str, request: bytes, connections: int, clock: Clock) -> None:
    await asyncio.gather(*(_one_channel(address, request, clock) for _ in range(connections)))


async def _one_channel(address: str, request: bytes, clock: Clock) -> None:
    from grpc import aio  # type: ignore[import-untyped]

    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    async with aio.insecure_channel(address, options=options) as channel:
        infer = channel.unary_unary(INFER)
        while not clock.is_over():
            sent = time.perf_counter()
            await infer(request)
            clock.answered(sent)


ASK: dict[str, Callable[[str, bytes, int, Clock], None]] = {"http": ask_http, "grpc": ask_grpc}


def summary(clock: Clock, processor_seconds: float) -> Result:
    """Rate and percentiles.

    Raises:
        Broken: There was no answer within the time.
    """
    ordered = sorted(clock.latencies)
    if not ordered:
        raise Broken("no request was answered in time")
    per_second = len(ordered) / (clock.last - clock.opens)
    p50, p99 = (ordered[min(int(share * len(ordered)), len(ordered) - 1)] for share in (0.5, 0.99))
    return Result(len(ordered), per_second, p50, p99, processor_seconds / (time.perf_counter() - clock.started))


def main() -> None:
    """Asks, and prints the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("protocol", choices=ASK)
    parser.add_argument("address", help="host:port")
    parser.add_argument("request", type=Path, help="file with the request as it goes over the wire")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-seconds", type=float, default=1.0)
    given = parser.parse_args()
    clock, before = Clock(given.warm_seconds, given.seconds), time.process_time()
    ASK[given.protocol](given.address, given.request.read_bytes(), given.connections, clock)
    print(json.dumps(asdict(summary(clock, time.process_time() - before))))


if __name__ == "__main__":
    main()
