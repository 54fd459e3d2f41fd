"""A server that does nothing but answer: what it cannot reach is the limit of who asks, not of who is asked.

python -m serving.nothing --http-port 8080 --grpc-port 8081
"""

import argparse
import asyncio
from typing import cast

import uvloop
from grpc import GenericRpcHandler, HandlerCallDetails, RpcMethodHandler, aio, unary_unary_rpc_method_handler

BODY = b"0" * 5_500  # as long as an embedding of 1,280 numbers in binary, and its head
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
GRPC_OPTIONS = [("grpc.max_receive_message_length", -1)]


class Http(asyncio.Protocol):
    """Reads a request by its Content-Length and answers it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._read, self._whole = bytearray(), 0

    def data_received(self, data: bytes) -> None:
        """Answers as soon as the request is whole; the next one comes only then."""
        self._read += data
        if not self._whole and (end := self._read.find(b"\r\n\r\n")) >= 0:
            length = self._read[:end].lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._whole = end + 4 + int(length or 0)
        if self._whole and len(self._read) >= self._whole:
            self._read, self._whole = bytearray(), 0
            self._transport.write(ANSWER)


class Grpc(GenericRpcHandler):  # type: ignore[misc]
    """Answers every method with the same bytes."""

    def service(self, _: HandlerCallDetails) -> RpcMethodHandler:
        """The one method."""
        return unary_unary_rpc_method_handler(_answer)


async def _answer(request: bytes, context: aio.ServicerContext) -> bytes:
    return BODY


async def _serve(http_port: int, grpc_port: int) -> None:
    remote_calls = aio.server(options=GRPC_OPTIONS)
    remote_calls.add_generic_rpc_handlers((Grpc(),))
    remote_calls.add_insecure_port(f"127.0.0.1:{grpc_port}")
    await remote_calls.start()
    server = await asyncio.get_running_loop().create_server(Http, "127.0.0.1", http_port)
    print("ready", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serves until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--grpc-port", type=int, required=True)
    given = parser.parse_args()
    uvloop.run(_serve(given.http_port, given.grpc_port))


if __name__ == "__main__":
    main()
