"""Token and TLS before a small application, over real sockets; `test_access_in_service.py` has the whole server."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest
import trustme
import uvicorn
from grpc import aio

from lookalike_components.errors import UserError
from lookalike_components.serve.access import BearerToken, Tls, TokenFile, token_interceptor

TOKEN = "first-token-of-the-day"  # noqa: S105
NEXT = "second-token-of-the-day"
PREDICT = "/v1/models/encoder:predict"


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def token_path(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


# --- REST


async def echo(scope, receive, send):
    """Answers with the path; stands for everything behind the token."""
    assert scope["type"] == "http"
    body = scope["path"].encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(app, **tls) -> Iterator[str]:
    """A server of ``app`` on a free port of the loopback interface, as ``host:port``."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical", **tls))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(10)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def refusals() -> list[str]:
    return []


@pytest.fixture
def guarded(token_path, refusals) -> Iterator[str]:
    app = BearerToken(echo, TokenFile(token_path), on_refusal=lambda: refusals.append("one"))
    with served(app) as address:
        yield f"http://{address}"


def test_who_bears_the_token_is_answered(guarded, refusals):
    answer = httpx.post(f"{guarded}{PREDICT}", headers=bearing(TOKEN))
    assert (answer.status_code, answer.text) == (200, PREDICT)
    assert refusals == []


@pytest.mark.parametrize(
    ("headers", "sentence", "challenge"),
    [
        ({}, "this server asks for a token; send it in the header Authorization: Bearer TOKEN", "Bearer"),
        (
            bearing(NEXT),
            "the token is not this server's, or no longer; ask for the one in use now",
            'Bearer error="invalid_token"',
        ),
        (
            {"Authorization": "Basic bWU6c2VjcmV0"},
            "the header Authorization is of another kind than this server's; send Authorization: Bearer TOKEN",
            'Bearer error="invalid_token"',
        ),
    ],
    ids=["without", "wrong", "another kind"],
)
def test_who_does_not_is_told_in_one_sentence(guarded, refusals, headers, sentence, challenge):
    answer = httpx.post(f"{guarded}{PREDICT}", headers=headers, content=b"x" * 200_000)
    assert (answer.status_code, answer.json()) == (401, {"error": sentence})
    assert answer.headers["WWW-Authenticate"] == challenge
    assert refusals == ["one"]


@pytest.mark.parametrize("path", ["/", "/metrics", "/v2/health/live", "/v2/health/ready", "/v2/models/search/ready"])
def test_probes_and_metrics_need_no_token(guarded, path):
    assert httpx.get(f"{guarded}{path}").text == path


@pytest.mark.parametrize(
    "path",
    ["/release", "/docs", "/v2", "/v2/models/search", "/v2/models/search/infer", "/v2/models/a/b/ready", "/metrics/x"],
)
def test_everything_else_does(guarded, path):
    assert httpx.get(f"{guarded}{path}").status_code == 401


def test_an_open_path_is_open_to_get_alone(guarded):
    assert httpx.post(f"{guarded}/metrics").status_code == 401


def test_a_path_that_only_looks_open_is_not(guarded):
    assert httpx.get(f"{guarded}/metrics%0A").status_code == 401
    assert httpx.get(f"{guarded}/v2/health/ready/").status_code == 401


def test_which_paths_are_open_can_be_said(token_path):
    with served(BearerToken(echo, TokenFile(token_path), open_paths=[r"/page/.*"])) as address:
        assert httpx.get(f"http://{address}/page/style.css").is_success
        assert httpx.get(f"http://{address}/metrics").status_code == 401


def test_nothing_is_open_where_no_path_is_said(token_path):
    with served(BearerToken(echo, TokenFile(token_path), open_paths=[])) as address:
        assert httpx.get(f"http://{address}/").status_code == 401


def test_a_new_token_counts_from_the_next_request_on_the_same_connection(guarded, token_path):
    with httpx.Client(base_url=guarded) as client:
        assert client.post(PREDICT, headers=bearing(TOKEN)).is_success
        token_path.write_text(NEXT)
        assert client.post(PREDICT, headers=bearing(TOKEN)).status_code == 401
        assert client.post(PREDICT, headers=bearing(NEXT)).is_success


# --- gRPC

SERVICE = "/inference.GRPCInferenceService"


class Echo(grpc.GenericRpcHandler):
    def service(self, handler_call_details):
        async def answer(request, _context):
            return request

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def remote(token_path: Path | None = None, tls: Tls | None = None, refusals: list[str] | None = None) -> Iterator[str]:
    """A gRPC server that answers with what it got, as ``host:port``."""
    ready, stop, place = threading.Event(), threading.Event(), []

    async def run():
        count = {"on_refusal": lambda: refusals.append("one")} if refusals is not None else {}
        interceptors = [token_interceptor(TokenFile(token_path), **count)] if token_path else []
        server = aio.server(interceptors=interceptors)
        server.add_generic_rpc_handlers([Echo()])
        listen = "127.0.0.1:0"
        port = server.add_secure_port(listen, tls.server_credentials()) if tls else server.add_insecure_port(listen)
        await server.start()
        place.append(f"127.0.0.1:{port}")
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.stop(None)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield place[0]
    finally:
        stop.set()
        thread.join()


def call(channel: grpc.Channel, method: str, token: str = "", message: bytes = b"hello") -> bytes | tuple[str, str]:
    """The answer, or the status and the sentence."""
    metadata = [("authorization", f"Bearer {token}")] if token else []
    try:
        return bytes(channel.unary_unary(f"{SERVICE}/{method}")(message, metadata=metadata, timeout=10))
    except grpc.RpcError as error:
        return error.code().name, error.details()


@pytest.fixture
def channel(token_path, refusals) -> Iterator[grpc.Channel]:
    with remote(token_path, refusals=refusals) as address, grpc.insecure_channel(address) as channel:
        yield channel


def test_grpc_answers_who_bears_the_token(channel, refusals):
    assert call(channel, "ModelInfer", TOKEN) == b"hello"
    assert refusals == []


def test_grpc_tells_who_does_not_in_one_sentence(channel, refusals):
    missing = "this server asks for a token; send it in the header Authorization: Bearer TOKEN"
    wrong = "the token is not this server's, or no longer; ask for the one in use now"
    assert call(channel, "ModelInfer") == ("UNAUTHENTICATED", missing)
    assert call(channel, "ModelInfer", NEXT) == ("UNAUTHENTICATED", wrong)
    assert refusals == ["one", "one"]


def test_grpc_refuses_before_it_reads_the_message(channel):
    too_large_to_be_read = b"x" * 8_000_000
    assert call(channel, "ModelInfer", message=too_large_to_be_read)[0] == "UNAUTHENTICATED"
    assert call(channel, "ModelInfer", TOKEN, message=too_large_to_be_read)[0] == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize("method", ["ServerLive", "ServerReady", "ModelReady"])
def test_grpc_probes_need_no_token(channel, method):
    assert call(channel, method) == b"hello"


@pytest.mark.parametrize("method", ["ModelMetadata", "ServerMetadata", "RepositoryModelUnload", "Nothing"])
def test_grpc_wants_it_for_everything_else(channel, method):
    assert call(channel, method)[0] == "UNAUTHENTICATED"


def test_grpc_follows_the_file_too(channel, token_path):
    token_path.write_text(NEXT)
    assert call(channel, "ModelInfer", TOKEN)[0] == "UNAUTHENTICATED"
    assert call(channel, "ModelInfer", NEXT) == b"hello"


# --- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def issue(authority, tmp_path) -> Callable[[], tuple[Path, Path]]:
    """Writes a new certificate of the authority over the one before, and its key."""
    paths = tmp_path / "tls.crt", tmp_path / "tls.key"

    def issue() -> tuple[Path, Path]:
        issued = authority.issue_cert("127.0.0.1", "localhost")
        parts = b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()
        for path, part in zip(paths, parts, strict=True):
            path.with_suffix(".new").write_bytes(part)
            path.with_suffix(".new").replace(path)
        return paths

    return issue


@pytest.fixture
def trusting(authority) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certificate_of(address: str, context: ssl.SSLContext, name: str | None = "localhost") -> bytes | None:
    host, port = address.split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        context.wrap_socket(plain, server_hostname=name or host) as connection,
    ):
        return connection.getpeercert(binary_form=True)


def grpc_answer(address: str, authority: trustme.CA) -> bytes | tuple[str, str]:
    credentials = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with grpc.secure_channel(address, credentials) as channel:
        return call(channel, "ModelInfer")


def test_rest_speaks_tls_and_nothing_else(issue, trusting):
    with served(echo, **Tls(*issue()).uvicorn_arguments()) as address:
        assert httpx.get(f"https://{address}/here", verify=trusting).text == "/here"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"https://{address}/here")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://{address}/here")


def test_old_versions_of_tls_are_refused(issue, trusting):
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.set_ciphers("DEFAULT:@SECLEVEL=0")
    with (
        served(echo, **Tls(*issue()).uvicorn_arguments()) as address,
        pytest.raises(ssl.SSLError, match=r"EOF|PROTOCOL"),
    ):
        certificate_of(address, trusting)


def test_grpc_speaks_tls_and_nothing_else(issue, authority):
    with remote(tls=Tls(*issue())) as address:
        assert grpc_answer(address, authority) == b"hello"
        assert grpc_answer(address, trustme.CA())[0] == "UNAVAILABLE"
        with grpc.insecure_channel(address) as channel:
            assert call(channel, "ModelInfer")[0] == "UNAVAILABLE"


@pytest.mark.parametrize("name", ["localhost", None], ids=["by name", "by address"])
def test_rest_takes_up_a_renewed_certificate(issue, trusting, name):
    with served(echo, **Tls(*issue()).uvicorn_arguments()) as address:
        before = certificate_of(address, trusting, name)
        assert certificate_of(address, trusting, name) == before
        issue()
        after = certificate_of(address, trusting, name)
    assert None not in (before, after)
    assert before != after


def test_grpc_takes_up_a_renewed_certificate(issue, authority, tmp_path):
    tls = Tls(*issue())
    with remote(tls=tls) as address:
        assert grpc_answer(address, authority) == b"hello"
        other = trustme.CA().issue_cert("127.0.0.1")
        (tmp_path / "tls.crt").write_bytes(other.cert_chain_pems[0].bytes())
        (tmp_path / "tls.key").write_bytes(other.private_key_pem.bytes())
        assert grpc_answer(address, authority)[0] == "UNAVAILABLE"
        issue()
        assert grpc_answer(address, authority) == b"hello"


def test_a_certificate_stays_in_use_while_its_files_do_not_belong_together(issue, authority, trusting, caplog):
    tls = Tls(*issue())
    with served(echo, **tls.uvicorn_arguments()) as address, remote(tls=tls) as remote_address:
        before = certificate_of(address, trusting)
        key = trustme.CA().issue_cert("localhost").private_key_pem.bytes()
        issue()[1].write_bytes(key)
        assert certificate_of(address, trusting) == before
        assert grpc_answer(remote_address, authority) == b"hello"
    assert "the certificate stays as it was: the certificate " in caplog.text


def test_files_that_do_not_belong_together_are_one_sentence(issue, tmp_path):
    certificate, key = issue()
    key.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())
    with pytest.raises(UserError) as error:
        Tls(certificate, key)
    assert str(error.value) == (
        f"the certificate {certificate} and the key {key} cannot be used for TLS (KEY_VALUES_MISMATCH); pass PEM files "
        "that belong together, the key without a password"
    )


def test_a_key_with_a_password_is_refused_without_asking_for_it(issue):
    certificate, key = issue()
    from cryptography.hazmat.primitives import serialization

    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    pkcs8 = serialization.PrivateFormat.PKCS8
    key.write_bytes(loaded.private_bytes(serialization.Encoding.PEM, pkcs8, encryption))
    with pytest.raises(UserError, match="the key without a password"):
        Tls(certificate, key)


def test_a_missing_certificate_is_one_sentence(issue):
    certificate, key = issue()
    certificate.unlink()
    with pytest.raises(UserError) as error:
        Tls(certificate, key)
    assert str(error.value) == f"the file {certificate} for TLS cannot be read: No such file or directory"
