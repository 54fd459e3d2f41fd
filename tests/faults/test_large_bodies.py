"""Bodies over the limit are refused before they are read, whatever they claim to be."""

import struct
import zlib

import grpc
import pytest
from malformed import b64
from protobuf import element, request, tensor
from server_process import MIB

LIMIT = MIB
MANY = 64 * MIB
POST = b"POST /v1/models/encoder:predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def narrow(launch):
    """A server that reads 1 MiB a request."""
    return launch("--most-body-bytes", str(LIMIT))


def status_of(connection) -> bytes:
    return connection.recv(65536).split(b" ")[1]


def sent_until_refused(connection, parts) -> int:
    """Sends until the other side has had enough; gives the bytes that went."""
    sent = 0
    for part in parts:
        try:
            connection.sendall(part)
        except ConnectionError:
            break
        sent += len(part)
    return sent


def test_an_announced_length_is_refused_at_once(narrow):
    with narrow.connect() as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))
        assert status_of(connection) == b"413"


@pytest.mark.parametrize("path", ["/v1/models/search:predict", "/v2/models/search/infer", "/index", "/release"])
def test_every_route_has_the_limit(narrow, path):
    answer = narrow.ask("POST", path, b" " * (LIMIT + 1), {"Content-Type": "application/json"})
    assert answer.status == 413
    assert answer.sentence == "the request is larger than 1,048,576 bytes; send fewer or smaller images"


def test_chunks_without_end_are_refused_and_not_kept(narrow):
    before = narrow.resident()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with narrow.connect() as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        sent_until_refused(connection, (chunk for _ in range(MANY // len(chunk))))
    assert narrow.is_ready()
    assert narrow.resident() - before < 32
    assert narrow.faults_in_log() == []


def test_a_body_larger_than_it_said_is_not_read_as_one(narrow):
    with narrow.connect() as connection:
        connection.sendall(POST + b"Content-Length: 2\r\n\r\n{}" + b"x" * 100_000)
        assert status_of(connection) == b"400"
    assert narrow.is_ready()


def test_a_message_over_grpc_has_the_limit_too(narrow):
    message = request("encoder", [tensor("image", "BYTES", [1])], [element(bytes(2 * LIMIT))])
    with grpc.insecure_channel(f"127.0.0.1:{narrow.grpc_port}") as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.RpcError) as error:
            infer(message, timeout=60)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert narrow.is_ready()


def test_a_small_body_that_grows_when_it_is_unpacked_is_not_unpacked(narrow):
    bomb = b"\x1f\x8b" + bytes(100)
    answer = narrow.ask("POST", "/v1/models/encoder:predict", bomb, {"Content-Encoding": "gzip"})
    assert 400 <= answer.status < 500


def huge_picture(width: int, height: int) -> bytes:
    """A PNG of one colour: few bytes, and gigabytes of pixels."""
    row = zlib.compressobj()
    rows = b"".join(row.compress(bytes(1 + width // 8)) for _ in range(height)) + row.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_picture_that_is_small_as_a_file_and_huge_in_pixels_is_not_decoded(server):
    before = server.resident()
    picture = huge_picture(40_000, 40_000)
    answer = server.post("/v1/models/encoder:predict", {"instances": [{"b64": b64(picture)}]})
    assert answer.status == 400
    assert "pixels" in answer.sentence
    assert server.resident() - before < 64
