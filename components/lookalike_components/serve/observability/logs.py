"""Log lines on stderr, one JSON object or one line of text each, with the id of the request that they are about.

Quiet by default: warnings, our own faults, and the few lines of a server's life. From level ``info`` on, every request
has its line. No line holds anything of a picture, a token or a query.
"""

import logging
import re
import sys
import warnings
from contextvars import ContextVar
from typing import Literal
from uuid import uuid4

from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["json", "text"]

HEADER = "x-request-id"
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request that is being answered; empty outside of one."""
life = logging.getLogger("lookalike.server")
"""Starts, stops, releases that are switched: said at every level."""
requests = logging.getLogger("lookalike.requests")

_RAW_HEADER = HEADER.encode()
# What a client may choose: it comes back in a header, and stands in logs that people read in a terminal.
_ID = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)
_NOISY = ("kserve", "kserve.trace", "uvicorn", "uvicorn.error", "uvicorn.access", "faiss.loader")


def set_up(level: Level = "warning", form: Form = "text") -> None:
    """Sends every logger's lines to stderr.

    Args:
        level: The least serious lines to write; those of a server's life are written always.
        form: ``json``: one object a line; ``text``: for people.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[form])
    handler.addFilter(_add_request_id)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _NOISY:
        _calm(logging.getLogger(name), max(logging.WARNING, logging.root.level))
    life.setLevel(logging.INFO)
    logging.captureWarnings(True)
    _ignore_what_concerns_kserves_authors()


def id_for(given: str) -> str:
    """The request id that a client gave, where it is one that can be shown; else a new one."""
    return given if _ID.fullmatch(given) else uuid4().hex


class RequestIds:
    """Pure ASGI middleware: gives every request an id, and says it in the header ``X-Request-Id`` of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen = id_for(next((value.decode("latin-1") for name, value in scope["headers"] if name == _RAW_HEADER), ""))
        said = (_RAW_HEADER, chosen.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), said]
            await send(message)

        token = request_id.set(chosen)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)


_TEXT = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s", datefmt="%H:%M:%S")
_JSON = JsonFormatter(
    "%(levelname)s %(name)s %(message)s",
    rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
    timestamp="time",
)
_FORMATTERS: dict[Form, logging.Formatter] = {"json": _JSON, "text": _TEXT}


def _add_request_id(record: logging.LogRecord) -> bool:
    if chosen := request_id.get():
        record.request_id = chosen
    return True


def _calm(logger: logging.Logger, level: int) -> None:
    """Takes a library's own handlers away, and its lines for every request."""
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(level)


def _ignore_what_concerns_kserves_authors() -> None:
    from fastapi.exceptions import FastAPIDeprecationWarning

    warnings.simplefilter("ignore", FastAPIDeprecationWarning)
