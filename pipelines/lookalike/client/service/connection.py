"""How a server is reached: its address, the token, and whose certificates are trusted."""

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lookalike_components.errors import UserError

TOKEN = "LOOKALIKE_TOKEN"  # noqa: S105 (the name of a variable)
SECONDS_TO_CONNECT = 5.0


class BearerToken(httpx.Auth):
    """Sends a token with every request; a file is read each time, as it may be exchanged while the client lives."""

    def __init__(self, token: str, file: str | Path | None) -> None:
        self._token = token
        self._file = Path(file) if file else None
        self._now()

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Adds the header."""
        if token := self._now():
            request.headers["Authorization"] = f"Bearer {token}"
        yield request

    def _now(self) -> str:
        if self._file is None:
            return self._token
        try:
            words = self._file.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "it is no text"
            raise UserError(f"the token file {self._file} cannot be read: {reason}") from error
        if not words:
            raise UserError(f"the token file {self._file} holds no token; write it anew")
        return words[0]


@dataclass(frozen=True, slots=True)
class Connection:
    """What both clients are told."""

    url: str
    timeout: float = 60.0
    token: str = ""
    token_file: str | Path | None = None
    ca_file: str | Path | None = None
    connections: int = field(default=4)

    def arguments(self) -> dict[str, Any]:
        """What `httpx.Client` and `httpx.AsyncClient` take.

        Raises:
            UserError: The address, the token or the certificates are none.
        """
        if not self.url.startswith(("http://", "https://")):
            raise UserError(f"{self.url} is no address of a server; write http://HOST:PORT or https://HOST")
        return {
            "base_url": self.url,
            "timeout": httpx.Timeout(self.timeout, connect=min(SECONDS_TO_CONNECT, self.timeout)),
            "auth": BearerToken(self.token or os.environ.get(TOKEN, ""), self.token_file),
            "verify": self._trusted(),
            "limits": httpx.Limits(max_connections=self.connections, max_keepalive_connections=self.connections),
        }

    def _trusted(self) -> ssl.SSLContext | bool:
        if not self.ca_file:
            return True
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except OSError as error:  # ssl.SSLError is one
            reason = getattr(error, "reason", None) or error.strerror
            raise UserError(
                f"the certificates in {self.ca_file} cannot be read ({reason}); pass a PEM file of those that the "
                "server's certificate was issued by"
            ) from error
