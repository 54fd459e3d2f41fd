"""What is no HTTP, or hardly: it is refused or its connection closed, and the next client notices nothing."""

import socket
from collections import Counter

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

POST = b"POST /v1/models/encoder:predict HTTP/1.1\r\nHost: x\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADS = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 5_000 + b"\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\xff\xfe: \x00\r\n\r\n",
    b"GET /%ff%00%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://example.org/ HTTP/1.1\r\nHost: x\r\n\r\n",
    POST + b"Content-Length: -1\r\n\r\n{}",
    POST + b"Content-Length: 1e9\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
    POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    POST + b"Content-Type: application/json; charset=utf-42\r\nContent-Length: 2\r\n\r\n{}",
    POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
    POST + b'Content-Length: 18\r\n\r\n{"instances": \xff\xfe[]}',
    POST + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}",
    PREFACE,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
]


def told(port: int, sent: bytes) -> bytes:
    """What comes back until the server closes the connection or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(65536)
        except OSError:  # the server may have closed before we did
            return b""


def judge(answer: bytes, tally: Counter[str]) -> None:
    status = answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/1.") else "connection closed"
    tally[status] += 1
    assert not status.startswith("5"), answer[:500]


@pytest.mark.parametrize("sent", HEADS, ids=lambda sent: repr(sent[:60]))
def test_a_malformed_head_is_refused_or_ends_its_connection(server, tally, sent):
    judge(told(server.http_port, sent), tally)
    assert server.is_ready()


@pytest.mark.slow
def test_bytes_that_are_no_http(server, tally):
    @settings(max_examples=300, derandomize=True, database=None)
    @given(st.one_of(st.binary(min_size=1, max_size=300), st.binary(max_size=80).map(lambda rest: POST + rest)))
    def send(sent):
        judge(told(server.http_port, sent), tally)

    send()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", bytes(10_000), PREFACE + b"\xff" * 5_000])
def test_the_port_of_grpc_stands_bytes_that_are_no_http2(server, sent):
    told(server.grpc_port, sent)
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        channel.unary_unary("/inference.GRPCInferenceService/ServerLive")(b"", timeout=30)
