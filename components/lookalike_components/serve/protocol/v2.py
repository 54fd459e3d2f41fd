"""The Open Inference Protocol (v2), over REST and gRPC: named tensors in and out."""

import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from kserve import InferInput, InferOutput, InferRequest, InferResponse
from kserve.protocol.infer_type import to_http_parameters
from kserve.utils.numpy_codec import from_np_dtype
from kserve.utils.utils import generate_uuid

from lookalike_components.errors import UserError
from lookalike_components.serve.protocol.query import Answer, Query, check_count, from_base64

_AXES = 4
_LENGTH = struct.Struct("<I")
_ACCEPTED = "image (BYTES [n] of encoded files, or UINT8 [n, height, width, 3]) or embedding (FP32 [n, dimension])"


def read(request: InferRequest, most: int) -> Query:
    """Understands a request with one input: ``image`` or ``embedding``.

    Args:
        request: The tensors, whose data may be untouched.
        most: Images or embeddings that it may hold.

    Raises:
        UserError: It has other inputs, or their data do not fill their shape.
        TooManyImages: It holds more of them.
    """
    parameters = to_http_parameters(request.parameters or {})
    match [(tensor.name, tensor.datatype, tensor) for tensor in request.inputs]:
        case [("image", "BYTES", tensor)]:
            return Query(images=_files(tensor, most), parameters=parameters)
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


def shape_of(shape: Sequence[int]) -> str:
    """A shape for a sentence, however long a client makes it: ``[1, 2, 3, 4, ... 5,000 in all]``."""
    shown = ", ".join(str(extent) for extent in shape[:_AXES])
    return f"[{shown}, ... {len(shape):,} in all]" if len(shape) > _AXES else f"[{shown}]"


def _files(tensor: InferInput, most: int) -> list[bytes]:
    if tensor._raw_data is not None:
        elements = list(islice(_elements(tensor), most + 1))
        tensor = InferInput(tensor.name, tensor.shape, tensor.datatype, elements)
    check_count(len(tensor.data or ()), "images", most)
    numbered = enumerate(_array(tensor).ravel(), start=1)
    # Only JSON brings text, and in JSON the bytes of a file are written in base64.
    return [item if isinstance(item, bytes) else from_base64(item, number) for number, item in numbered]


def _elements(tensor: InferInput) -> Iterator[bytes]:
    """The elements of a raw BYTES tensor, each behind its length: one by one, since there may be millions of them."""
    data, start = memoryview(tensor._raw_data), 0
    while start < len(data):
        if len(data) - start < _LENGTH.size:
            raise _no_such_tensor(tensor)
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        if len(data) - start < length:
            raise _no_such_tensor(tensor)
        yield bytes(data[start : start + length])
        start += length


def _array(tensor: InferInput) -> npt.NDArray[Any]:
    try:
        with np.errstate(over="raise"):
            array: npt.NDArray[Any] = tensor.as_numpy()
        len(array)  # a shape without an axis has no items
    except (ArithmeticError, TypeError, ValueError, struct.error) as error:
        raise _no_such_tensor(tensor) from error
    return array


def _no_such_tensor(tensor: InferInput) -> UserError:
    place, shape = f"the data of {tensor.name} are not {tensor.datatype}", shape_of(tensor.shape)
    return UserError(f"{place} of shape {shape}; correct one")


def _output(name: str, tensor: npt.NDArray[Any]) -> InferOutput:
    output = InferOutput(name, list(tensor.shape), from_np_dtype(tensor.dtype))
    output.set_data_from_numpy(tensor)  # handed over as `data`, an array fails KServe's gRPC on its truth value
    return output
