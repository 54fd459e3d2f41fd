"""Inference over gRPC, and its deadlines and refusals, as over REST."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from grpc import aio
from kserve import InferRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse
from kserve.protocol.grpc.servicer import InferenceServicer

from lookalike_components.errors import UserError
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.protocol.faults import counted, fault_of

RETRY_AFTER = "retry-after"
"""Trailing metadata of what is refused for now: whole seconds."""

Method = Callable[[Any, aio.ServicerContext], Awaitable[Any]]


class Servicer(InferenceServicer):
    """KServe's servicer, but for the headers that it makes of a call's metadata.

    No model of ours reads them, and it trips over trailing metadata that was set before, such as the request's id.
    """

    async def ModelInfer(  # noqa: N802 (the protocol's name)
        self, request: ModelInferRequest, context: aio.ServicerContext
    ) -> ModelInferResponse:
        """Answers one request for inference."""
        self.validate_grpc_request(request)
        response, _ = await self._data_plane.infer(request.model_name, InferRequest.from_grpc(request))
        return response.to_grpc()


class Faults(aio.ServerInterceptor):
    """gRPC interceptor that holds calls to their deadline, and tells in one sentence what went wrong with them."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Puts itself around the method that is called."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self._told(handler.unary_unary), _lenient(handler.request_deserializer), handler.response_serializer
        )

    def _told(self, method: Method) -> Method:
        async def answer(request: Any, context: aio.ServicerContext) -> Any:
            with self._deadline(context).held():
                try:
                    if request is None:
                        raise UserError("the message is not what the method takes; send the protocol's own")
                    return await method(request, context)
                except aio.AbortError:
                    raise
                except Exception as error:  # a refusal, or a fault of ours: both have their answer
                    return await _refuse(error, context)

        return answer

    def _deadline(self, context: aio.ServicerContext) -> Deadline:
        granted = context.time_remaining()  # gRPC itself ends the call then; what waits in the engine has to know
        return Deadline.after(self._seconds if granted is None else min(self._seconds, granted))


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
