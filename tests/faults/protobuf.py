"""Protobuf messages written by hand, so that they can be wrong, as no library lets them be.

A field is its number and the way it is written, then the value: a varint, or bytes after their length.
"""

from collections.abc import Sequence

VARINT, BYTES = 0, 2
MODEL, ID, PARAMETERS, INPUTS, OUTPUTS, RAW = 1, 3, 4, 5, 6, 7
"""Fields of the Open Inference Protocol's ModelInferRequest."""


def varint(number: int) -> bytes:
    """A whole number of up to 64 bits; a negative one as its complement."""
    number &= 2**64 - 1
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """One field."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def tensor(name: str, datatype: str, shape: Sequence[int], *more: bytes) -> bytes:
    """An input; its data may follow in ``more``, or raw beside it."""
    extents = b"".join(map(varint, shape))
    return field(1, name) + field(2, datatype) + field(3, extents) + b"".join(more)


def parameter(name: str, value: bytes) -> bytes:
    """An entry of a map of parameters; ``value`` is an InferParameter."""
    return field(1, name) + field(2, value)


def request(model: str, inputs: Sequence[bytes], raw: Sequence[bytes], parameters: Sequence[bytes] = ()) -> bytes:
    """A ModelInferRequest."""
    parts = [field(MODEL, model), *(field(PARAMETERS, one) for one in parameters)]
    return b"".join([*parts, *(field(INPUTS, one) for one in inputs), *(field(RAW, one) for one in raw)])


def element(data: bytes) -> bytes:
    """One element of a raw BYTES tensor."""
    return len(data).to_bytes(4, "little") + data
