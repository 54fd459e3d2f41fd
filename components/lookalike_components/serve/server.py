"""The process: one release behind KServe's REST and gRPC endpoints, until it is told to stop.

The parts are KServe's. They are put together here because its ``ModelServer.start`` listens on every interface,
whatever host it should have.
"""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from grpc import aio  # type: ignore[import-untyped]
from kserve import ModelRepository
from kserve.model_server import app
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer

from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say
from lookalike_components.release.runtime import Release
from lookalike_components.serve.address import Address
from lookalike_components.serve.data_plane import BinaryDataPlane
from lookalike_components.serve.faults import quiet_logs, tell_of_malformed_requests
from lookalike_components.serve.models import EncoderModel, SearchModel

GRACE_SECONDS = 30
KEEP_ALIVE_SECONDS = 65
MESSAGE_BYTES = 64 * 2**20
_GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share its requests
]


def serve(folder: str | Path, address: Address) -> None:
    """Serves the release in ``folder`` until SIGTERM or SIGINT, then answers what is in flight and returns.

    Raises:
        UserError: The folder holds no release.
        LookalikeError: The release is damaged, or a port is in use.
    """
    quiet_logs()
    release = Release.open(folder)
    with _listening(address) as listener:
        asyncio.run(_serve(release, listener, address))
    say("stopped")


async def _serve(release: Release, listener: socket.socket, address: Address) -> None:
    rest, remote_calls = _servers(release, address)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, rest.handle_exit, number, None)
    await remote_calls.start()
    say(f"serving release {release.manifest.digest[:12]} at http://{address.http} and, for gRPC, {address.grpc}")
    await rest.serve(sockets=[listener])
    await remote_calls.stop(GRACE_SECONDS)


class _Rest(uvicorn.Server):
    """Leaves signals to whoever runs it: uvicorn would raise them again, and end the process before gRPC is done."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _servers(release: Release, address: Address) -> tuple[_Rest, aio.Server]:
    models = ModelRepository()
    for model in (EncoderModel(release), SearchModel(release)):
        models.update(model)
    data_plane, extension = BinaryDataPlane(models), ModelRepositoryExtension(models)
    app.add_api_route("/release", lambda: release.manifest)
    return _rest(data_plane, extension), _remote_calls(InferenceServicer(data_plane, extension), address)


def _rest(data_plane: BinaryDataPlane, extension: ModelRepositoryExtension) -> _Rest:
    RESTServer("kserve.model_server:app", data_plane, extension, http_port=0).create_application()
    tell_of_malformed_requests(app)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Rest(config)


def _remote_calls(servicer: InferenceServicer, address: Address) -> aio.Server:
    server = aio.server(interceptors=[ExceptionToStatusInterceptor()], options=_GRPC_OPTIONS)
    add_GRPCInferenceServiceServicer_to_server(servicer, server)
    try:
        server.add_insecure_port(address.grpc)
    except RuntimeError as error:
        raise _in_use(address.grpc, "--grpc-port") from error
    return server


@contextmanager
def _listening(address: Address) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((address.host, address.http_port))
    except OSError as error:
        raise _in_use(address.http, "--http-port") from error
    with listener:
        # Inherited by every connection. asyncio sets it only on sockets it opened itself, and without it each answer
        # waits 40 ms for the acknowledgement of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _in_use(place: str, option: str) -> LookalikeError:
    return LookalikeError(f"{place} cannot be listened on; stop what uses it or pass another {option}")
