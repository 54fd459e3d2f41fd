import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve import InferRequest, ModelRepository
from kserve.errors import InvalidInput
from tritonclient.utils import serialize_byte_tensor

from lookalike_components.serve.protocol.data_plane import BinaryDataPlane, decode_binary, reads_images
from lookalike_components.serve.protocol.query import from_base64


def body_of(*tensors, **fields):
    """A request as the protocol's binary extension writes it; each tensor is (name, datatype, shape, bytes)."""
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(data)}}
        for name, datatype, shape, data in tensors
    ]
    head = json.dumps({"inputs": inputs, **fields}).encode()
    return head + b"".join(tensor[-1] for tensor in tensors), str(len(head))


@given(st.lists(st.binary(), min_size=1))
def test_any_bytes_arrive_as_they_were_sent(files):
    data = serialize_byte_tensor(np.array([*files, None], dtype=object)[:-1]).item()
    request = decode_binary(*body_of(("image", "BYTES", [len(files)], data)), "encoder")
    assert request.inputs[0].as_numpy().tolist() == files


def test_numbers_are_a_view_of_the_body():
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    request = decode_binary(*body_of(("image", "UINT8", [1, 2, 2, 3], pixels.tobytes())), "encoder")
    np.testing.assert_array_equal(request.inputs[0].as_numpy(), pixels)
    assert not request.inputs[0].as_numpy().flags.owndata


def test_several_tensors_follow_one_another():
    first, second = np.float32([1, 2]), np.float32([3])
    body = body_of(("a", "FP32", [2], first.tobytes()), ("b", "FP32", [1], second.tobytes()))
    request = decode_binary(*body, "encoder")
    assert [tensor.as_numpy().tolist() for tensor in request.inputs] == [[1, 2], [3]]


def test_data_in_the_json_and_behind_it_may_be_mixed():
    behind = {"name": "b", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}}
    within = {"name": "a", "datatype": "FP32", "shape": [2], "data": [1, 2]}
    head = json.dumps({"inputs": [within, behind]}).encode()
    request = decode_binary(head + struct.pack("<f", 3), str(len(head)), "encoder")
    assert [tensor.as_numpy().tolist() for tensor in request.inputs] == [[1, 2], [3]]


def test_json_alone_needs_no_length():
    body, _ = body_of(id="seven", parameters={"k": 3})
    request = decode_binary(body, None, "encoder")
    assert (request.id, request.parameters) == ("seven", {"k": 3})


@pytest.mark.parametrize("length", ["9999", "-1", "many", ""])
def test_a_json_length_out_of_range_is_refused(length):
    body, _ = body_of()
    with pytest.raises(InvalidInput) as error:
        decode_binary(body, length, "encoder")
    sentence = "the header inference-header-content-length must be the length of the JSON part in bytes"
    assert str(error.value) == sentence


@pytest.mark.parametrize("size", [-1, "4", True, 4.0])
def test_a_tensor_size_that_is_none_is_refused(size):
    tensor = {"name": "a", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": size}}
    with pytest.raises(InvalidInput) as error:
        decode_binary(json.dumps({"inputs": [tensor]}).encode(), None, "encoder")
    assert str(error.value) == "binary_data_size must be the length of the input's binary data in bytes"


def test_what_is_no_json_is_refused():
    with pytest.raises(InvalidInput) as error:
        decode_binary(b"{", None, "encoder")
    assert str(error.value).startswith("the request is malformed: Invalid JSON: EOF")


def test_base64_is_decoded_to_the_same_bytes():
    assert from_base64("/9j/", 1) == b"\xff\xd8\xff"


class Repaired(InferRequest):
    """KServe's request as it would be if its decoding were right."""

    @classmethod
    def from_bytes(cls, req_bytes, json_length, model_name):
        request = decode_binary(req_bytes, str(json_length), model_name)
        request.id = "read upstream"
        return request


class WithLists(Repaired):
    """Repaired for images, but numbers still become Python lists."""

    @classmethod
    def from_bytes(cls, req_bytes, json_length, model_name):
        request = super().from_bytes(req_bytes, json_length, model_name)
        for tensor in request.inputs[1:]:
            tensor.data = tensor.as_numpy().tolist()
        return request


class Trusting(Repaired):
    """Repaired, but a missing field is a KeyError."""

    @classmethod
    def from_bytes(cls, req_bytes, json_length, model_name):
        json.loads(req_bytes[:json_length])["inputs"]
        return super().from_bytes(req_bytes, json_length, model_name)


@pytest.mark.parametrize(
    ("request_type", "expected"), [(InferRequest, False), (Repaired, True), (WithLists, False), (Trusting, False)]
)
def test_it_is_found_out_whether_kserve_needs_the_repair(request_type, expected):
    assert reads_images(request_type) is expected


def test_a_kserve_that_reads_images_itself_is_left_to_do_so(monkeypatch):
    monkeypatch.setattr("lookalike_components.serve.protocol.data_plane.InferRequest", Repaired)
    body, length = body_of(("image", "BYTES", [1], b"\x01\0\0\0\xff"))
    headers = {"inference-header-content-length": length}
    plane = BinaryDataPlane(ModelRepository())
    request = plane.decode_inference_request(body, headers, "encoder")
    assert request.id == "read upstream"
    assert request.inputs[0].as_numpy().tolist() == [b"\xff"]


def test_the_one_that_is_installed_is_repaired():
    body, length = body_of(("image", "BYTES", [1], b"\x01\0\0\0\xff"))
    plane = BinaryDataPlane(ModelRepository())
    request = plane.decode_inference_request(body, {"inference-header-content-length": length}, "encoder")
    assert request.inputs[0].as_numpy().tolist() == [b"\xff"]
