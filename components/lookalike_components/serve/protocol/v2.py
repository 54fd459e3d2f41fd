"""The Open Inference Protocol (v2), over REST and gRPC: named tensors in and out."""

import struct
from typing import Any

import numpy.typing as npt
from kserve import InferInput, InferOutput, InferRequest, InferResponse
from kserve.protocol.infer_type import to_http_parameters
from kserve.utils.numpy_codec import from_np_dtype
from kserve.utils.utils import generate_uuid

from lookalike_components.errors import UserError
from lookalike_components.serve.protocol.query import Answer, Query, from_base64

_ACCEPTED = "image (BYTES [n] of encoded files, or UINT8 [n, height, width, 3]) or embedding (FP32 [n, dimension])"


def read(request: InferRequest) -> Query:
    """Understands a request with one input: ``image`` or ``embedding``.

    Raises:
        UserError: It has other inputs, or their data do not fill their shape.
    """
    parameters = to_http_parameters(request.parameters or {})
    match [(tensor.name, tensor.datatype, tensor) for tensor in request.inputs]:
        case [("image", "BYTES", tensor)]:
            return Query(images=_files(tensor), parameters=parameters)
        case [("image", "UINT8", tensor)]:
            return Query(pixels=_array(tensor), parameters=parameters)
        case [("embedding", "FP32", tensor)]:
            return Query(vectors=_array(tensor), parameters=parameters)
    raise UserError(f"send one input: {_ACCEPTED}")


def write(request: InferRequest, model_name: str, answer: Answer) -> InferResponse:
    """Answers in the form that the request asked for: JSON, binary, or only some of the outputs."""
    return InferResponse(
        response_id=request.id or generate_uuid(),
        model_name=model_name,
        infer_outputs=[_output(name, tensor) for name, tensor in answer.outputs.items()],
        parameters=dict(answer.parameters),
        use_binary_outputs=request.use_binary_outputs,
        requested_outputs=request.request_outputs,
    )


def _files(tensor: InferInput) -> list[bytes]:
    elements = enumerate(_array(tensor).ravel(), start=1)
    # Only JSON brings text, and in JSON the bytes of a file are written in base64.
    return [item if isinstance(item, bytes) else from_base64(item, number) for number, item in elements]


def _array(tensor: InferInput) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = tensor.as_numpy()
        len(array)  # a shape without an axis has no items
    except (OverflowError, TypeError, ValueError, struct.error) as error:
        shape = list(tensor.shape)
        raise UserError(f"the data of {tensor.name} are not {tensor.datatype} of shape {shape}; correct one") from error
    return array


def _output(name: str, tensor: npt.NDArray[Any]) -> InferOutput:
    output = InferOutput(name, list(tensor.shape), from_np_dtype(tensor.dtype))
    output.set_data_from_numpy(tensor)  # handed over as `data`, an array fails KServe's gRPC on its truth value
    return output
