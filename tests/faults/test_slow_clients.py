"""Slow-loris clients: they send or read a byte now and then, or nothing, and hold what they can as long as they can."""

import selectors
import socket
import threading
import time

import grpc
import pytest
from malformed import b64
from server_process import until

SLOW = 100
HEAD = b"POST /v1/models/encoder:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
SECONDS = 2


class SlowClient:
    """Sends what it has, a byte at a time."""

    def __init__(self, server, data: bytes) -> None:
        self.connection = server.connect()
        self._left = data

    def goes_on(self) -> bool:
        """Sends its next byte; tells whether the server still listens."""
        try:
            self.connection.sendall(self._left[:1])
            self._left = self._left[1:]
            listens = not _is_closed(self.connection)
        except ConnectionError:
            listens = False
        if not listens:
            self.connection.close()
        return listens


def _is_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed, whatever it said before."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while selector.select(timeout=0):
            if not connection.recv(4096):
                return True
    return False


@pytest.fixture
def hurried(launch):
    """A server that gives each request two seconds, and its head as many."""
    return launch("--timeout", str(SECONDS), "--head-timeout", str(SECONDS))


@pytest.mark.parametrize(
    "data", [b"", HEAD[:20], HEAD, HEAD + b"\r\n" + b'{"instances"'], ids=["", "line", "head", "body"]
)
def test_a_slow_client_is_sent_away_while_others_are_answered(hurried, data):
    before = hurried.open_files()
    slow = [SlowClient(hurried, data + b" " * 10_000) if data else SlowClient(hurried, b"") for _ in range(SLOW)]
    started = time.monotonic()
    while slow:
        slow = [client for client in slow if client.goes_on()]
        assert hurried.is_ready()
        assert time.monotonic() - started < 10 * SECONDS
        time.sleep(0.05)
    until(lambda: hurried.open_files() <= before + 5)
    assert hurried.faults_in_log() == []


def test_a_client_that_reads_nothing_holds_up_nobody(server, pictures):
    body = b'{"instances": [' + b",".join([b"{}"] * 10) + b"]}"
    asked = (
        b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200 + HEAD.replace(b"100000", b"%d" % len(body)) + b"\r\n" + body
    )
    deaf = [server.connect() for _ in range(20)]
    for connection in deaf:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        connection.send(asked)
    assert server.is_ready()
    for connection in deaf:
        connection.close()


def test_more_connections_than_the_server_takes_are_told_so_and_it_recovers(launch):
    narrow = launch("--most-connections", "20")
    idle = [narrow.connect() for _ in range(40)]
    refused = narrow.ask("GET", "/v2/models/search/ready")
    for connection in idle:
        connection.close()
    assert refused.status == 503
    until(narrow.is_ready)
    assert narrow.faults_in_log() == []


@pytest.fixture
def hurried_and_narrow(launch, tmp_path):
    """A server for four at once, each in a second, and with a token for whatever is no probe."""
    token = tmp_path / "token"
    token.write_text("0123456789abcdef\n")
    return launch("--most-connections", "4", "--timeout", "1", "--token-file", str(token))


def test_clients_that_never_read_their_answer_are_sent_away(hurried_and_narrow):
    deaf = [hurried_and_narrow.connect() for _ in range(4)]
    for connection in deaf:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.setblocking(False)
        connection.send(b"GET /page/page.js HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
    assert not hurried_and_narrow.is_ready()
    until(hurried_and_narrow.is_ready)
    for connection in deaf:
        connection.close()
    assert hurried_and_narrow.faults_in_log() == []


def test_eight_idle_uploads_keep_nobody_out(server, pictures):
    chunked = HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked") + b"\r\n1\r\n{\r\n"
    idle = [server.connect() for _ in range(8)]
    for connection in idle:
        connection.sendall(chunked)
    answer = server.post("/v1/models/encoder:predict", {"instances": [{"b64": b64(pictures[0])}]})
    for connection in idle:
        connection.close()
    assert answer.status == 200


@pytest.fixture
def silence():
    """Messages of a call that never come."""
    is_over = threading.Event()

    def nothing():
        is_over.wait()
        yield from ()

    yield nothing
    is_over.set()


def test_calls_without_a_message_end_in_time(hurried_and_narrow, silence):
    with grpc.insecure_channel(f"127.0.0.1:{hurried_and_narrow.grpc_port}") as channel:
        begin = channel.stream_unary("/inference.GRPCInferenceService/ServerReady").future
        errors = [call.exception(timeout=60) for call in [begin(silence()) for _ in range(4)]]
        ready = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")(b"")
    told = {(error.code(), error.details()) for error in errors}
    assert told == {(grpc.StatusCode.DEADLINE_EXCEEDED, "the request did not arrive within 1 s; send it faster")}
    assert ready
    assert hurried_and_narrow.faults_in_log() == []


def test_requests_under_way_have_their_grace_to_the_tenth_of_a_second(launch):
    stopping = launch("--grace", "0.9")
    with stopping.connect() as connection:
        connection.sendall(HEAD + b"\r\n{")
        until(lambda: "lookalike_requests_in_flight 1.0" in stopping.ask("GET", "/metrics").body.decode())
        started = time.monotonic()
        stopping.process.terminate()
        while connection.recv(4096):
            pass
        assert time.monotonic() - started > 0.9
