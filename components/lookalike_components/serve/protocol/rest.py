"""Inference over REST without FastAPI between the body and the model.

KServe's own routes parse and check a request twice and its answer once more, which takes as long as half an image. So
the two inference routes go straight from the body to KServe's data plane and model here. Everything else is handed on
to KServe's application; but for CloudEvents, of which KServe reads some into faults of its own.
"""

import re
from typing import Any

import orjson
from kserve import InferResponse, Model
from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.dataplane import DataPlane
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike_components.serve.protocol.faults import answer, refuse
from lookalike_components.serve.refusals import Encoded

_ROUTE = re.compile(r"/v1/models/(?P<v1>[^/:]+):predict|/v2/models/(?P<v2>[^/:]+)/infer")
_JSON_LENGTH = INFERENCE_CONTENT_LENGTH_HEADER.encode()
_JSON = [(b"content-type", b"application/json")]
_BINARY = [(b"content-type", b"application/octet-stream")]
_CLOUD_EVENT = "application/cloudevents"


class Inference:
    """ASGI: answers requests for inference, and hands all others to ``app``."""

    def __init__(self, app: ASGIApp, data_plane: DataPlane) -> None:
        self._app = app
        self._data_plane = data_plane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        found, headers = _ROUTE.fullmatch(scope["path"]), Headers(scope=scope)
        try:
            _refuse_wrapped(headers)
            answered = await self._answered(found["v1"], found["v2"], headers, receive) if found else None
        except Exception as error:  # a refusal, or a fault of ours: both have their answer
            await refuse(error, send)
            return
        if answered:
            await answer(send, 200, *answered)
        else:
            await self._app(scope, receive, send)

    async def _answered(
        self, v1: str | None, v2: str | None, headers: Headers, receive: Receive
    ) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        model = await self._model(v1 or v2 or "")
        body = (await receive())["body"]  # all of it: the layer of limits has put it together
        if v1:
            predictions, _ = await model(_parsed(body), headers)
            return orjson.dumps(predictions), _JSON
        request = self._data_plane.decode_inference_request(body, headers, model.name)
        response, _ = await model(request, headers)
        return _written(response)

    async def _model(self, name: str) -> Model:
        model = self._data_plane.model_registry.get_model(name)
        if model is None:
            raise ModelNotFound(name)
        if not await model.healthy():
            raise ModelNotReady(name)
        return model


def _refuse_wrapped(headers: Headers) -> None:
    if headers.get("content-encoding", "identity") != "identity":
        raise Encoded("the body is compressed (Content-Encoding); send it as it is")
    if "ce-specversion" in headers or headers.get("content-type", "").startswith(_CLOUD_EVENT):
        raise Encoded("the request is a CloudEvent, which this server does not read; send what it wraps, by itself")


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the request is not JSON; correct it") from error


def _written(response: InferResponse) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    content, json_length = response.to_rest()
    if isinstance(content, bytes):
        return content, [*_BINARY, (_JSON_LENGTH, str(json_length).encode())]
    return orjson.dumps(content), _JSON
