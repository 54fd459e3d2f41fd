"""TLS for both protocols, with a certificate that may be renewed while the server runs."""

import logging
import ssl
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]

from lookalike_components.errors import UserError
from lookalike_components.serve.access.watched import State, state_of

_log = logging.getLogger(__name__)


class Tls:
    """A certificate and its key, read again for the first connection after one of the files has changed.

    While the files are missing or do not belong together, as between the writing of the one and the other, the
    certificate from before stays in use, and the log says so.
    """

    def __init__(self, certificate: str | Path, key: str | Path) -> None:
        """Reads both files.

        Args:
            certificate: PEM file with the certificate, followed by those that it was issued by.
            key: PEM file with its private key, without a password.

        Raises:
            UserError: One of them cannot be read, or they do not belong together.
        """
        self._paths = (Path(certificate), Path(key))
        self._rest_state, self._context = self._read()
        self._grpc_state = self._rest_state
        self._front = self._context_in_front()

    def uvicorn_arguments(self) -> dict[str, Any]:
        """What `uvicorn.Config` takes for TLS."""
        return {"ssl_context_factory": lambda _config, _default: self._front}

    def server_credentials(self) -> grpc.ServerCredentials:
        """What `grpc.aio.Server.add_secure_port` takes."""
        return grpc.dynamic_ssl_server_credentials(self._grpc_certificate(), self._renewed_grpc_certificate)

    def _context_in_front(self) -> ssl.SSLContext:
        # A context cannot be told to drop a certificate, but each handshake may be given to another context.
        front = _context(*self._paths)
        front.sni_callback = self._hand_over
        return front

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _front: ssl.SSLContext) -> None:
        self._rest_state, self._context = self._renewed(self._rest_state) or (self._rest_state, self._context)
        connection.context = self._context

    def _renewed_grpc_certificate(self) -> Any:
        if (renewed := self._renewed(self._grpc_state)) is None:
            return None
        self._grpc_state = renewed[0]
        return self._grpc_certificate()

    def _grpc_certificate(self) -> Any:
        certificate, key = (path.read_bytes() for path in self._paths)
        return grpc.ssl_server_certificate_configuration([(key, certificate)])

    def _renewed(self, state: State) -> tuple[State, ssl.SSLContext] | None:
        try:
            return None if state_of(self._paths) == state else self._read()
        except (OSError, UserError) as error:
            _log.warning("the certificate stays as it was: %s", error)
            return None

    def _read(self) -> tuple[State, ssl.SSLContext]:
        certificate, key = self._paths
        try:
            return state_of(self._paths), _context(certificate, key)
        except ssl.SSLError as error:
            raise UserError(
                f"the certificate {certificate} and the key {key} cannot be used for TLS ({error.reason or error}); "
                "pass PEM files that belong together, the key without a password"
            ) from error
        except OSError as error:
            path = error.filename or next((path for path in self._paths if not path.is_file()), certificate)
            raise UserError(f"the file {path} for TLS cannot be read: {error.strerror}") from error


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # An empty password, as OpenSSL would ask the terminal for the one of an encrypted key.
    context.load_cert_chain(certificate, key, password="")
    return context
