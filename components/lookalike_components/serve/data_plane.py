"""KServe's data plane with the binary tensor extension of the Open Inference Protocol repaired.

KServe 0.21 reads BYTES tensors as UTF-8 (an image then ends in a 500 that repeats it) and turns numeric ones into
Python lists. Its tensors can also carry the raw bytes, as they do for gRPC, and decode those rightly: here they do.
"""

from collections.abc import Mapping
from typing import Any

from kserve import InferRequest
from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from kserve.errors import InvalidInput
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.v2_datamodels import InferenceRequest, RequestInput
from pydantic import Field, ValidationError

from lookalike_components.serve.faults import explain


class BinaryInput(RequestInput):
    """An input whose data may follow the JSON, ``binary_data_size`` bytes long, instead of standing in it."""

    data: list[Any] = Field(default=[])


class BinaryRequest(InferenceRequest):
    """The JSON at the head of a binary request."""

    inputs: list[BinaryInput]


class BinaryDataPlane(DataPlane):
    """Decodes what comes as bytes here, and leaves everything else to KServe."""

    def decode_inference_request(
        self, body: bytes | InferenceRequest, headers: Mapping[str, str], model_name: str
    ) -> InferRequest:
        """Turns a v2 request over REST into tensors.

        Raises:
            InvalidInput: The request is malformed; the sentence never repeats its data.
        """
        if isinstance(body, bytes):
            return decode_binary(body, headers.get(INFERENCE_CONTENT_LENGTH_HEADER), model_name)
        return super().decode_inference_request(body, headers, model_name)


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
        raise InvalidInput(explain(error.errors(include_input=False))) from error
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
    if json_length.isdecimal() and int(json_length) <= len(body):
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
