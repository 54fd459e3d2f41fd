"""KServe's data plane with the binary tensor extension of the Open Inference Protocol repaired.

KServe 0.21 reads BYTES tensors as UTF-8 (an image then ends in a 500 that repeats it), turns numeric ones into Python
lists, and fails with a KeyError where a field is missing. Its tensors can also carry the raw bytes, as they do for
gRPC, and decode those rightly: here they do. Where a later KServe reads such requests itself, it is left to do so.
"""

import struct
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import orjson
from kserve import InferRequest
from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from kserve.errors import InvalidInput
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.v2_datamodels import InferenceRequest, InferParameter, RequestInput, RequestOutput
from pydantic import BeforeValidator, Field, ValidationError

from lookalike_components.serve.protocol.faults import declared_by, explain

_NO_TEXT = b"\xff\xd8\xff"
"""How a JPEG begins, which is no UTF-8."""


MOST_PARTS = 64
"""Axes of a tensor, as NumPy has them; and tensors and parameters, of which there are fewer. pydantic describes every
fault of a list of anything before the first is told."""


def _few(parameters: Any) -> Any:
    if isinstance(parameters, dict) and len(parameters) > MOST_PARTS:
        raise ValueError(f"there should be at most {MOST_PARTS} of them")
    return parameters


Parameters = Annotated[dict[str, InferParameter] | None, BeforeValidator(_few)]


class BinaryInput(RequestInput):
    """An input whose data may follow the JSON, ``binary_data_size`` bytes long, instead of standing in it."""

    shape: list[int] = Field(max_length=MOST_PARTS)
    parameters: Parameters = None
    data: list[Any] = Field(default=[])


class BinaryOutput(RequestOutput):
    """An output that is asked for."""

    parameters: Parameters = None


class BinaryRequest(InferenceRequest):
    """The JSON at the head of a binary request."""

    inputs: list[BinaryInput] = Field(max_length=MOST_PARTS)
    outputs: list[BinaryOutput] | None = Field(None, max_length=MOST_PARTS)
    parameters: Parameters = None


_DECLARED = declared_by(BinaryRequest, BinaryInput, BinaryOutput)


class BinaryDataPlane(DataPlane):
    """Decodes what comes as bytes here, and leaves everything else to KServe."""

    def decode_inference_request(
        self, body: bytes | InferenceRequest, headers: Mapping[str, str], model_name: str
    ) -> InferRequest:
        """Turns a v2 request over REST into tensors.

        Raises:
            InvalidInput: The request is malformed; the sentence never repeats its data.
        """
        if not isinstance(body, bytes):
            return super().decode_inference_request(body, headers, model_name)
        json_length = headers.get(INFERENCE_CONTENT_LENGTH_HEADER)
        if reads_images(InferRequest):
            return InferRequest.from_bytes(body, _length(json_length, body), model_name)
        return decode_binary(body, json_length, model_name)


@cache
def reads_images(request: Any) -> bool:
    """Whether ``request.from_bytes`` of the KServe that is installed needs no repair.

    It has to keep the bytes of an image, to leave numbers in their buffer, and to refuse what is malformed.
    """
    image = struct.pack("<I", len(_NO_TEXT)) + _NO_TEXT
    head, numbers = _head(image=("BYTES", len(image)), embedding=("FP32", 4)), struct.pack("<f", 0.5)
    try:
        read = request.from_bytes(head + image + numbers, len(head), "probe")
        kept, as_list = read.inputs[0].as_numpy().tolist() == [_NO_TEXT], read.inputs[1].data
        return (
            kept
            and not (isinstance(as_list, list) and as_list)
            and _refuses(request, b"{}")
            and _refuses(request, _head(image=("BYTES", 9)))
        )
    except Exception:  # whatever it trips over, it cannot read images
        return False


def _head(**tensors: tuple[str, int]) -> bytes:
    inputs = [
        {"name": name, "datatype": datatype, "shape": [1], "parameters": {"binary_data_size": size}}
        for name, (datatype, size) in tensors.items()
    ]
    return orjson.dumps({"inputs": inputs})


def _refuses(request: Any, body: bytes) -> bool:
    try:
        request.from_bytes(body, len(body), "probe")
    except InvalidInput:
        return True
    return False


def decode_binary(body: bytes, json_length: str | None, model_name: str) -> InferRequest:
    """Turns JSON followed by the tensors' bytes into a request whose tensors keep those bytes.

    Args:
        body: The HTTP body.
        json_length: The header ``Inference-Header-Content-Length``; None when the body is JSON to its end.
        model_name: The model that the request is for.

    Raises:
        InvalidInput: The header, the JSON or the sizes are wrong.
    """
    end = _length(json_length, body)
    try:
        head = BinaryRequest.model_validate_json(body[:end])
    except ValidationError as error:
        raise InvalidInput(explain(error.errors(include_input=False), _DECLARED)) from error
    request = InferRequest.from_inference_request(head, model_name)
    return InferRequest(
        model_name,
        request.inputs,
        request_id=request.id,
        raw_inputs=_tensors(head.inputs, body, end),
        parameters=request.parameters,
        request_outputs=request.request_outputs,
    )


def _length(json_length: str | None, body: bytes) -> int:
    if json_length is None:
        return len(body)
    if json_length.isdecimal() and len(json_length) < 20 and int(json_length) <= len(body):
        return int(json_length)
    raise InvalidInput(f"the header {INFERENCE_CONTENT_LENGTH_HEADER} must be the length of the JSON part in bytes")


def _tensors(inputs: list[BinaryInput], body: bytes, start: int) -> list[bytes | None]:
    sizes = [(tensor.parameters or {}).get("binary_data_size") for tensor in inputs]
    if not all(size is None or (type(size) is int and size >= 0) for size in sizes):
        raise InvalidInput("binary_data_size must be the length of the input's binary data in bytes")
    announced, found = sum(size or 0 for size in sizes), len(body) - start
    if announced != found:
        raise InvalidInput(f"{found:,} bytes of binary data follow the JSON but binary_data_size says {announced:,}")
    tensors: list[bytes | None] = []
    for size in sizes:
        tensors.append(None if size is None else body[start : start + size])
        start += size or 0
    return tensors
