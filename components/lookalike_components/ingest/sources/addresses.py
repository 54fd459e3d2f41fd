"""Which addresses images may be fetched from, judged where the connection is made."""

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Any

import httpcore
import httpx

from lookalike_components.errors import UserError

Resolver = Callable[[str, int], Sequence[str]]

TRANSLATED = ip_network("64:ff9b::/96")  # IPv6 addresses that a NAT64 gateway turns into the IPv4 address at their end


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host; raises OSError where it has none."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet; one that wraps an IPv4 address is judged by that one, too."""
    found = ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (found, *_wrapped(found)))


def any_address(address: str) -> bool:
    """Allows private addresses, too."""
    return True


def _wrapped(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    if isinstance(address, IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())))
        if address in TRANSLATED:
            yield IPv4Address(int(address) & 0xFFFFFFFF)


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to the very address that was judged, so that a name cannot lead elsewhere a moment later."""

    def __init__(self, allowed: Callable[[str], bool], resolver: Resolver = resolve) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Opens a connection to the first address of a host that answers.

        Raises:
            UserError: An address of the host is not allowed.
            httpcore.ConnectError: The host has no address, or none that answers.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address ({error})") from error
        for address in addresses:
            if not self._allowed(address):
                raise UserError(
                    f"lies at {address}, which is not a public address; set ingest.private_addresses to fetch it"
                )
        return addresses


class CheckedTransport(httpx.BaseTransport):
    """Carries httpx's requests over a network of ours; httpx itself has no way to name one."""

    def __init__(self, network: httpcore.NetworkBackend, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=network,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; errors are those of httpcore."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def __enter__(self) -> "CheckedTransport":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()
