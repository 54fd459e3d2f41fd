"""The bearer token over REST, before anything of a request is read."""

import json
import re
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, Protocol

from lookalike_components.serve.access.sentences import refusal
from lookalike_components.serve.access.token_file import TokenFile

Message = MutableMapping[str, Any]
OPEN_PATHS = (
    r"/",
    r"/page/[^/]+",
    r"/metrics",
    r"/v2/health/(live|ready)",
    r"/v2/models/[^/]+(/versions/[^/]+)?/ready",
)
"""What Kubernetes and Prometheus ask without a token, and the page, whose files hold nothing of the release."""


class Asgi(Protocol):
    """An ASGI application."""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answers one connection."""


class BearerToken:
    """ASGI middleware: who does not bear the token gets 401 and a sentence, and nothing else of the server."""

    def __init__(
        self,
        app: Asgi,
        token: TokenFile,
        open_paths: Iterable[str] = OPEN_PATHS,
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        """Stands before ``app``.

        Args:
            app: What answers those who are admitted.
            token: The tokens.
            open_paths: Regular expressions of the paths that anybody may GET, each matched whole.
            on_refusal: Called once for each request that is refused.
        """
        self._app = app
        self._token = token
        self._open = re.compile("|".join(f"(?:{path})" for path in open_paths) or r"(?!)")
        self._on_refusal = on_refusal

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Passes on what is admitted."""
        authorization = _header(scope, b"authorization")
        if scope["type"] == "lifespan" or self._is_open(scope) or self._token.admits(authorization):
            await self._app(scope, receive, send)
        else:
            self._on_refusal()
            await _refuse(scope, authorization, send)

    def _is_open(self, scope: Message) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] in {"GET", "HEAD"}
            and self._open.fullmatch(scope["path"]) is not None
        )


async def _refuse(scope: Message, authorization: str, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error": refusal(authorization)}).encode()
    challenge = b'Bearer error="invalid_token"' if authorization else b"Bearer"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"www-authenticate", challenge)]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Message, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name), "")
