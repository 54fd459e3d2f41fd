"""Inference over gRPC, and its deadlines and refusals, as over REST."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from grpc import aio
from kserve import InferRequest
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from lookalike_components.errors import UserError
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.protocol.faults import counted, fault_of
from lookalike_components.serve.protocol.measure import most_values
from lookalike_components.serve.protocol.room import Room
from lookalike_components.serve.refusals import TooLarge, TooSlow

RETRY_AFTER = "retry-after"
"""Trailing metadata of what is refused for now: whole seconds."""

Method = Callable[[Any, aio.ServicerContext], Awaitable[Any]]


class Servicer(InferenceServicer):
    """KServe's servicer, but for the headers that it makes of a call's metadata.

    No model of ours reads them, and it trips over trailing metadata that was set before, such as the request's id.
    """

    def __init__(self, data_plane: DataPlane, repository: ModelRepositoryExtension, limits: Limits) -> None:
        super().__init__(data_plane, repository)
        self.limits = limits

    async def ModelInfer(  # noqa: N802 (the protocol's name)
        self, request: ModelInferRequest, context: aio.ServicerContext
    ) -> ModelInferResponse:
        """Answers one request for inference."""
        self.validate_grpc_request(request)
        self._check_contents(request)
        response, _ = await self._data_plane.infer(request.model_name, InferRequest.from_grpc(request))
        return response.to_grpc()

    def _check_contents(self, request: ModelInferRequest) -> None:
        """Counts what is no raw bytes before KServe makes a list of it."""
        typed = (values for tensor in request.inputs for _, values in tensor.contents.ListFields())
        if sum(map(len, typed)) > (most := most_values(self.limits)):
            raise TooLarge(f"the message has more than {most:,} typed values; send them as raw_input_contents")


class Arrivals(aio.ServerInterceptor):
    """gRPC interceptor that holds calls to their deadline, from when their head is there; to be the outermost.

    gRPC itself waits for a call's message as long as the client likes, and such a call counts among those that there
    may be at once. So it is read here, as if it were the first of a stream; one call and the other begin alike.
    """

    def __init__(self, limits: Limits, room: Room) -> None:
        self._seconds = limits.seconds
        self._room = room

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Puts itself around the method that is called."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.stream_unary_rpc_method_handler(self._reading(handler), None, handler.response_serializer)

    def _reading(self, handler: grpc.RpcMethodHandler) -> Method:
        async def answer(_: Any, context: aio.ServicerContext) -> Any:
            with self._deadline(context).held(), self._room.share() as share:
                try:
                    message = await _message(context)
                    share.take(len(message))
                except UserError as error:
                    return await _refuse(error, context)
                return await handler.unary_unary(handler.request_deserializer(message), context)

        return answer

    def _deadline(self, context: aio.ServicerContext) -> Deadline:
        granted = context.time_remaining()  # gRPC itself ends the call then; what waits in the engine has to know
        return Deadline.after(self._seconds if granted is None else min(self._seconds, granted))


async def _message(context: aio.ServicerContext) -> bytes:
    deadline = Deadline.current()
    try:
        async with asyncio.timeout(deadline.remaining):
            message = await context.read()
    except TimeoutError as error:
        raise TooSlow(f"the request did not arrive within {deadline.seconds:g} s; send it faster") from error
    return b"" if message is aio.EOF else message


class Faults(aio.ServerInterceptor):
    """gRPC interceptor that tells in one sentence what went wrong with a call."""

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Puts itself around the method that is called."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            _told(handler.unary_unary), _lenient(handler.request_deserializer), handler.response_serializer
        )


def _told(method: Method) -> Method:
    async def answer(request: Any, context: aio.ServicerContext) -> Any:
        try:
            if request is None:
                raise UserError("the message is not what the method takes; send the protocol's own")
            return await method(request, context)
        except aio.AbortError:
            raise
        except Exception as error:  # a refusal, or a fault of ours: both have their answer
            return await _refuse(error, context)

    return answer


def _lenient(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """None for what is no protobuf: raised inside of gRPC, an exception is an unknown error, and logged each time."""

    def read(message: bytes) -> Any:
        try:
            return deserialize(message)
        except DecodeError:
            return None

    return read


async def _refuse(error: Exception, context: aio.ServicerContext) -> None:
    fault = counted(fault_of(error))
    if fault.retry_after:
        context.set_trailing_metadata((*context.trailing_metadata(), (RETRY_AFTER, str(fault.retry_after))))
    await context.abort(getattr(grpc.StatusCode, fault.code), fault.sentence)
