"""The binary tensor extension of the Open Inference Protocol: JSON, and behind it the tensors as they lie in memory."""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

JSON_LENGTH = "Inference-Header-Content-Length"
Tensors = dict[str, npt.NDArray[Any]]
_TYPES = {"FP32": np.dtype("<f4"), "BOOL": np.dtype(np.bool_), "INT32": np.dtype("<i4")}


def files_request(files: Sequence[bytes], parameters: Mapping[str, Any]) -> tuple[bytes, int]:
    """Image files as the input ``image``: the body, and the length of its JSON."""
    data = b"".join(part for file in files for part in (struct.pack("<I", len(file)), file))
    return _request("image", "BYTES", [len(files)], data, parameters)


def vectors_request(vectors: npt.NDArray[np.float32], parameters: Mapping[str, Any]) -> tuple[bytes, int]:
    """float32 ``[n, d]`` as the input ``embedding``: the body, and the length of its JSON."""
    data = np.ascontiguousarray(vectors, "<f4").tobytes()
    return _request("embedding", "FP32", list(vectors.shape), data, parameters)


def tensors(body: bytes, json_length: int) -> tuple[Tensors, dict[str, Any]]:
    """The outputs of an answer by name, and its parameters.

    Raises:
        ValueError: The body is no such answer; or LookupError, TypeError, struct.error.
    """
    head, start = json.loads(body[:json_length]), json_length
    found: Tensors = {}
    for output in head["outputs"]:
        end = start + output["parameters"]["binary_data_size"]
        found[output["name"]] = _array(output["datatype"], body[start:end]).reshape(output["shape"])
        start = end
    return found, head.get("parameters") or {}


def _request(
    name: str, datatype: str, shape: list[int], data: bytes, parameters: Mapping[str, Any]
) -> tuple[bytes, int]:
    tensor = {"name": name, "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True, **parameters}}).encode()
    return head + data, len(head)


def _array(datatype: str, data: bytes) -> npt.NDArray[Any]:
    if datatype == "BYTES":
        return np.array(list(_texts(data)), dtype=object)
    return np.frombuffer(data, _TYPES[datatype])


def _texts(data: bytes) -> Iterator[str]:
    start = 0
    while start < len(data):
        (length,) = struct.unpack_from("<I", data, start)
        start += 4 + length
        yield data[start - length : start].decode()
