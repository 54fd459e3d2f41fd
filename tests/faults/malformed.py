"""What a careless or hostile client may send: anything at all, and valid requests with one thing wrong."""

import base64
import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from protobuf import element, field, parameter, request, tensor

Json = Any

NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([-1, 0, 1, 10**9, 2**31, 2**63, 1e308]))
WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "image", "embedding", "b64", "BYTES", "FP32", "UINT8", "FP16", "STRING", "nan", "\ud800", "\0"]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


def nested(depth: int) -> Json:
    """Lists in lists."""
    value: Json = []
    for _ in range(depth):
        value = [value]
    return value


JUNK = st.one_of(ANY_JSON, st.integers(1, 400).map(nested))


def places(value: Json, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a JSON value something stands: paths to each part of it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, part in inner for place in places(part, (*at, key)))]


def replaced(value: Json, place: Sequence[Any], by: Json) -> Json:
    """A copy with another value in one place."""
    if not place:
        return by
    changed = copy.deepcopy(value)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = by
    return changed


def removed(value: Json, place: Sequence[Any]) -> Json:
    """A copy without what stands in one place."""
    changed = copy.deepcopy(value)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    return changed


@st.composite
def spoilt_json(draw: st.DrawFn, examples: Sequence[Json]) -> bytes:
    """A valid request with one part replaced or missing, or cut, or with a byte changed; or no such request at all."""
    value = draw(st.sampled_from(examples))
    place = draw(st.sampled_from(places(value)))
    match draw(st.sampled_from(["replaced", "replaced", "replaced", "missing", "cut", "byte", "other"])):
        case "replaced":
            return written(replaced(value, place, draw(JUNK)))
        case "missing" if place:
            return written(removed(value, place))
        case "cut":
            whole = written(value)
            return whole[: draw(st.integers(0, len(whole) - 1))]
        case "byte":
            return with_other_bytes(draw, written(value))
        case _:
            return draw(st.one_of(JUNK.map(written), st.binary(max_size=200)))


def written(value: Json) -> bytes:
    """JSON as Python writes it: NaN, Infinity and lone surrogates are possible."""
    return json.dumps(value).encode()


def with_other_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """The same with a few bytes changed."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(changed) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def v1_requests(picture: bytes, vector: Sequence[float]) -> list[Json]:
    """Valid requests in v1, with every parameter."""
    settings = {"k": 2, "filter": {"label": ["mug"]}, "exclude": ["picture-1"]}
    embedding = {"instances": [{"embedding": list(vector)}], "parameters": {"encoder": "e" * 64, "k": 1}}
    return [{"instances": [{"b64": b64(picture)}], "parameters": settings}, embedding]


def v2_requests(picture: bytes, vector: Sequence[float]) -> list[Json]:
    """Valid requests in v2, as JSON."""
    image = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [b64(picture)], "parameters": {"a": "b"}}
    pixels = {"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [0] * 12}
    embedding = {"name": "embedding", "datatype": "FP32", "shape": [1, len(vector)], "data": list(vector)}
    settings = {"k": 2, "filter": '{"label": "mug"}', "exclude": '["picture-1"]'}
    outputs = [{"name": "scores", "parameters": {"binary_data": True}}]
    return [
        {"id": "1", "inputs": [image], "parameters": settings, "outputs": outputs},
        {"inputs": [pixels]},
        {"inputs": [embedding], "parameters": {"encoder": "e" * 64}},
    ]


def index_requests(picture: bytes, vector: Sequence[float]) -> list[Json]:
    """Valid changes of the index."""
    entry = {"id": "a", "b64": b64(picture), "uri": "a.png", "label": "mug", "columns": {"shop": 3}}
    by_vector = {"id": "b", "embedding": list(vector)}
    return [{"entries": [entry]}, {"entries": [by_vector], "encoder": "e" * 64}]


REMOVALS: list[Json] = [{"ids": ["a", "b"]}, {"encoder": "f" * 64}]


@st.composite
def spoilt_binary(draw: st.DrawFn, picture: bytes) -> tuple[bytes, str | None]:
    """A request of the binary tensor extension with one thing wrong; the body, and its header that tells JSON's end."""
    data = element(picture)
    match draw(st.sampled_from(["element", "elements", "size", "json", "length", "pixels", "any"])):
        case "element":
            data = (
                draw(st.sampled_from([2**32 - 1, 0, len(picture) + 1, len(picture) - 1])).to_bytes(4, "little")
                + picture
            )
        case "elements":
            data = b"".join(map(element, draw(st.lists(st.binary(max_size=30), max_size=6))))
        case "pixels":
            data = draw(st.binary(max_size=900))
        case "any":
            data = draw(st.binary(max_size=60))
    size = draw(st.sampled_from([len(data), len(data), len(data), 0, -1, len(data) + 1, 2**63, "7", None, True]))
    datatype, shape = draw(st.sampled_from([("BYTES", [1]), ("BYTES", [2]), ("BYTES", []), ("UINT8", [1, 16, 16, 3])]))
    if draw(st.booleans()):
        shape = draw(st.lists(st.integers(-2, 2**33), max_size=5))
    image = {"name": "image", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}
    head = written({"inputs": [image], "outputs": [{"name": "scores", "parameters": {"binary_data": True}}]})
    if draw(st.integers(0, 4)) == 0:
        head = with_other_bytes(draw, head)
    length = draw(st.sampled_from([str(len(head))] * 4 + ["0", "-1", "x", "99999999999", "1" * 4_300, "\u00b2", None]))
    return head + data, length


NUMBERS_OF_FIELDS = st.integers(0, 9)
FIELD_VALUES = st.one_of(st.binary(max_size=20), st.integers(-(2**63), 2**63))
FAULTS = {
    "model": st.sampled_from(["", "no-such", "\u00fc", "encoder"]),
    "name": st.sampled_from(["embedding", "", "\u00e9", "image\0"]),
    "datatype": st.sampled_from(["UINT8", "FP32", "FP64", "INT64", "BOOL", "FP16", "", "x\0"]),
    "shape": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
    "raw": st.lists(st.binary(max_size=300), max_size=3),
    "parameter": st.tuples(NUMBERS_OF_FIELDS, FIELD_VALUES),
    "contents": st.tuples(NUMBERS_OF_FIELDS, FIELD_VALUES),
    "inputs": st.sampled_from([0, 2, 50]),
    "cut": st.floats(0, 1, exclude_max=True),
    "bytes": st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
    "any": st.binary(max_size=200),
}
"""What can be wrong with a gRPC message, each by itself or two at once."""


@st.composite
def spoilt_message(draw: st.DrawFn, picture: bytes) -> bytes:
    """A gRPC message with one or two things wrong, or something that is no message."""
    names = draw(st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=2, unique=True))
    wrong = {name: draw(FAULTS[name]) for name in names}
    contents = [field(5, field(*wrong["contents"]))] if "contents" in wrong else []
    image = tensor(wrong.get("name", "image"), wrong.get("datatype", "BYTES"), wrong.get("shape", [1]), *contents)
    raw = wrong.get("raw", [element(picture)])
    parameters = [parameter("k", field(*wrong["parameter"]))] if "parameter" in wrong else []
    whole = request(wrong.get("model", "search"), [image] * wrong.get("inputs", 1), raw, parameters)
    whole = whole[: int(wrong.get("cut", 1) * len(whole))]
    changed = bytearray(whole)
    for place, byte in wrong.get("bytes", []) if whole else []:
        changed[int(place * len(whole))] = byte
    return wrong.get("any", bytes(changed))
