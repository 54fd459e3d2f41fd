"""The process: one release behind KServe's REST and gRPC endpoints, until it is told to stop.

The parts are KServe's. They are put together here because its ``ModelServer.start`` listens on every interface,
whatever host it should have.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
import uvloop
from grpc import aio  # type: ignore[import-untyped]
from kserve import ModelRepository
from kserve.model_server import app
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.rest.server import RESTServer

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.serve import page, release_routes
from lookalike_components.serve.access import BearerToken, Tls, TokenFile, token_interceptor
from lookalike_components.serve.address import Address
from lookalike_components.serve.collection import routes
from lookalike_components.serve.config import Limits, ServeConfig
from lookalike_components.serve.connections import PatientConnection
from lookalike_components.serve.current import Current, reopen_on_hangup
from lookalike_components.serve.engine import Engine
from lookalike_components.serve.models.encoder import EncoderModel
from lookalike_components.serve.models.search import SearchModel
from lookalike_components.serve.observability import metrics
from lookalike_components.serve.observability.logs import life
from lookalike_components.serve.observability.requests import ObservedCalls, observed
from lookalike_components.serve.protocol.data_plane import BinaryDataPlane
from lookalike_components.serve.protocol.faults import tell_in_sentences
from lookalike_components.serve.protocol.limits import Crowded, Limited
from lookalike_components.serve.protocol.remote_calls import Arrivals, Faults, Servicer
from lookalike_components.serve.protocol.repository import ClosedRepository
from lookalike_components.serve.protocol.rest import Inference
from lookalike_components.serve.protocol.room import Room

KEEP_ALIVE_SECONDS = 65
CONNECTION_SECONDS = 600
"""How long a connection over gRPC is used."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter from others that want it: a fifth of Python's, since what decodes images
would otherwise hold up the answers of those that are ready."""


def serve(config: ServeConfig, opened: Callable[[], Current]) -> None:
    """Serves a release until SIGTERM or SIGINT, then answers what is in flight and returns.

    Args:
        config: The server.
        opened: Waits for the release, which may still be loading.

    Raises:
        UserError: The release, the journal, the token or the certificate cannot be used.
        LookalikeError: The release is damaged, or a port is in use.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with _listening(config.address) as listener:
        current = opened()
        engine = Engine(config.limits, config.threads)
        try:
            uvloop.run(_serve(current, engine, listener, config))
        finally:
            engine.close()
            current.close()
    life.info("stopped")


async def _serve(current: Current, engine: Engine, listener: socket.socket, config: ServeConfig) -> None:
    rest, remote_calls = _servers(current, engine, config)
    loop, draining = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def stop(number: int) -> None:
        rest.handle_exit(number, None)
        draining.add(loop.create_task(remote_calls.stop(config.grace_seconds)))  # both at once: there is one grace

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    reopen_on_hangup(current)
    await remote_calls.start()
    life.info("%s", _greeting(current, config))
    await rest.serve(sockets=[listener])
    await remote_calls.stop(config.grace_seconds)


def _greeting(current: Current, config: ServeConfig) -> str:
    release, address = current.release.release, config.address
    scheme = "https" if config.tls_certificate else "http"
    place = f"{scheme}://{address.http} and, for gRPC, {address.grpc}"
    return f"serving release {release.manifest.digest[:12]} with {release.runtime} at {place}"


class _Rest(uvicorn.Server):
    """Leaves signals to whoever runs it: uvicorn would raise them again, and end the process before gRPC is done."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _servers(current: Current, engine: Engine, config: ServeConfig) -> tuple[_Rest, aio.Server]:
    models = ModelRepository()
    for model in (EncoderModel(current, engine, config.limits), SearchModel(current, engine, config.limits)):
        models.update(model)
    data_plane, repository = BinaryDataPlane(models), ClosedRepository(models)
    token = TokenFile(config.token_file) if config.token_file else None
    tls = _tls(config.tls_certificate, config.tls_key)
    RESTServer("kserve.model_server:app", data_plane, repository, http_port=0).create_application()
    _add_routes(current, engine, config)
    room = Room(config.limits.all_body_bytes)
    rest = _rest(_layers(data_plane, token, config.limits, room), tls, config)
    return rest, _remote_calls(Servicer(data_plane, repository, config.limits), token, tls, config, room)


def _tls(certificate: str | None, key: str | None) -> Tls | None:
    if certificate and key:
        return Tls(certificate, key)
    if certificate or key:
        raise UserError("a certificate and its key go together; pass both --tls-certificate and --tls-key")
    return None


def _add_routes(current: Current, engine: Engine, config: ServeConfig) -> None:
    routes.install(app, current, engine.encode_files, config.limits)
    release_routes.install(app, current, config.releases)
    if config.page:
        page.install(app, current, config.limits.k)
    tell_in_sentences(app)


def _layers(data_plane: BinaryDataPlane, token: TokenFile | None, limits: Limits, room: Room) -> Any:
    """What a request goes through, from the outside: its id and its count, the token, the limits, then its answer."""
    answering: Any = Limited(Inference(app, data_plane), limits, room)
    if token:
        answering = BearerToken(answering, token, on_refusal=partial(metrics.rejected, "token"))
    return observed(answering)


def _rest(application: Any, tls: Tls | None, config: ServeConfig) -> _Rest:
    return _Rest(
        uvicorn.Config(
            application,
            http=partial(PatientConnection, config.limits, observed(Crowded(config.limits))),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=config.grace_seconds,  # type: ignore[arg-type]  # it takes parts of one too
            **(tls.uvicorn_arguments() if tls else {}),
        )
    )


def _remote_calls(
    servicer: Servicer, token: TokenFile | None, tls: Tls | None, config: ServeConfig, room: Room
) -> aio.Server:
    server = aio.server(
        interceptors=_interceptors(token, config.limits, room),
        options=_options(config.limits),
        maximum_concurrent_rpcs=config.limits.connections,
    )
    add_GRPCInferenceServiceServicer_to_server(servicer, server)
    address = config.address.grpc
    try:
        if tls:
            server.add_secure_port(address, tls.server_credentials())
        else:
            server.add_insecure_port(address)
    except RuntimeError as error:
        raise _in_use(address, "--grpc-port") from error
    return server


def _interceptors(token: TokenFile | None, limits: Limits, room: Room) -> Sequence[aio.ServerInterceptor]:
    guard = [token_interceptor(token, on_refusal=partial(metrics.rejected, "token"))] if token else []
    return [Arrivals(limits, room), ObservedCalls(), *guard, Faults()]


def _options(limits: Limits) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", limits.body_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share its requests
        # Who takes nothing of an answer can be ended only with the connection. Clients open another by themselves, and
        # what is under way is brought to its end.
        ("grpc.max_connection_age_ms", CONNECTION_SECONDS * 1000),
        ("grpc.max_connection_age_grace_ms", int(2000 * limits.seconds)),
        # Nor does a connection stay that leads nowhere.
        ("grpc.keepalive_time_ms", KEEP_ALIVE_SECONDS * 1000),
    ]


@contextmanager
def _listening(address: Address) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((address.host, address.http_port))
    except OSError as error:
        raise _in_use(address.http, "--http-port") from error
    with listener:
        # Inherited by every connection, where asyncio sets it only on sockets it opened itself: without it each answer
        # waits 40 ms for the acknowledgement of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _in_use(place: str, option: str) -> LookalikeError:
    return LookalikeError(f"{place} cannot be listened on; stop what uses it or pass another {option}")
