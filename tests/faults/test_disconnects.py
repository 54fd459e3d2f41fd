"""Clients that go away in the middle: nothing of them stays behind, and nobody else notices."""

import json
import socket
import struct

import grpc
import pytest
from malformed import b64
from protobuf import element, request, tensor
from server_process import until

CLIENTS = 60
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing sends a reset instead of a farewell."""


@pytest.fixture
def post(pictures):
    """A whole request."""
    body = json.dumps({"instances": [{"b64": b64(picture)} for picture in pictures * 20]}).encode()
    head = f"POST /v1/models/search:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def leave(connection: socket.socket, abruptly: bool) -> None:
    if abruptly:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


@pytest.mark.parametrize("abruptly", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("share", [0.001, 0.5, 1.0], ids=["in-the-head", "in-the-body", "before-the-answer"])
def test_a_client_that_leaves_leaves_nothing_behind(server, post, share, abruptly):
    assert server.is_ready()
    before = server.open_files()
    for _ in range(CLIENTS):
        connection = server.connect()
        connection.sendall(post[: max(int(share * len(post)), 1)])
        leave(connection, abruptly)
    until(lambda: server.open_files() <= before)
    assert server.is_ready()
    assert server.faults_in_log() == []


def test_calls_over_grpc_can_be_taken_back(server, pictures):
    message = request("search", [tensor("image", "BYTES", [120])], [element(pictures[0]) * 120])
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        for _ in range(CLIENTS):
            infer.future(message, timeout=60).cancel()
        assert infer(message, timeout=60)
    assert server.faults_in_log() == []


def test_an_answer_that_nobody_reads_is_dropped(server, post):
    before = server.open_files()
    deaf = [server.connect() for _ in range(10)]
    for connection in deaf:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(post)
    assert server.is_ready()
    for connection in deaf:
        leave(connection, abruptly=True)
    until(lambda: server.open_files() <= before)
