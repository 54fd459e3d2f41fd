"""The bearer token over gRPC, in the metadata ``authorization``."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import grpc  # type: ignore[import-untyped]
from grpc import aio

from lookalike_components.serve.access.sentences import refusal
from lookalike_components.serve.access.token_file import TokenFile

OPEN_METHODS = frozenset(
    f"/inference.GRPCInferenceService/{method}" for method in ("ServerLive", "ServerReady", "ModelReady")
)
"""What a probe asks without a token."""


def token_interceptor(
    token: TokenFile,
    open_methods: Collection[str] = OPEN_METHODS,
    on_refusal: Callable[[], None] = lambda: None,
) -> aio.ServerInterceptor:
    """Lets in only calls that bear the token; the others end with UNAUTHENTICATED before their message is read.

    Args:
        token: The tokens.
        open_methods: Full names of the methods that anybody may call.
        on_refusal: Called once for each call that is refused.
    """
    return _TokenInterceptor(token, frozenset(open_methods), on_refusal)


class _TokenInterceptor(aio.ServerInterceptor):
    def __init__(self, token: TokenFile, open_methods: frozenset[str], on_refusal: Callable[[], None]) -> None:
        self._token = token
        self._open = open_methods
        self._on_refusal = on_refusal

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        if handler_call_details.method in self._open:
            return await continuation(handler_call_details)
        authorization = _authorization(handler_call_details.invocation_metadata)
        if self._token.admits(authorization):
            return await continuation(handler_call_details)
        self._on_refusal()
        return _refuses(refusal(authorization))


def _authorization(metadata: Any) -> str:
    return next((str(value) for name, value in metadata or () if name == "authorization"), "")


def _refuses(sentence: str) -> Any:
    async def abort(_requests: Any, context: aio.ServicerContext) -> None:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, sentence)

    # As a stream of requests, none of which is read: a call of one message looks the same until then.
    return grpc.stream_unary_rpc_method_handler(abort)
