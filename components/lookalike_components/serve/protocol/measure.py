"""How much one request over REST may bring.

Bytes alone say little of JSON: a MiB of base64 is one value, a MiB of ``{}`` are 350,000, and each becomes an object of
Python while nobody else is answered. So values are counted before they are parsed.
"""

import re
from dataclasses import dataclass

from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from starlette.datastructures import Headers

from lookalike_components.serve.config import Limits
from lookalike_components.serve.refusals import TooLarge

LISTS = 1_000
LISTS_AN_IMAGE = 16
"""Lists and objects in JSON; an entry of the index with all that it may have is three."""
KEYS = 100_000
KEYS_AN_IMAGE = 64
"""Keys of objects in JSON, and colons in ids and addresses."""
VALUES = 1_000_000
VALUES_AN_IMAGE = 4_096
"""Values in JSON: numbers of an embedding; and one picture as numbers, for whom it must be, however slow that is."""

_BINARY = re.compile(r"/v2/models/[^/]+(/versions/[^/]+)?/infer")
"""Where bytes may follow the JSON."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What one request is held to."""

    limits: Limits
    json_length: int | None
    """Bytes of its JSON, behind which binary tensors follow; None where it is JSON to its end."""

    @classmethod
    def of(cls, path: str, headers: Headers, limits: Limits) -> "Measure":
        """What the head of a request tells."""
        length = headers.get(INFERENCE_CONTENT_LENGTH_HEADER, "")
        is_binary = length.isdecimal() and len(length) < 20 and _BINARY.fullmatch(path) is not None
        return cls(limits, int(length) if is_binary else None)

    def check_length(self, nbytes: int) -> None:
        """Refuses a body by its length: as it is announced, and again as it grows.

        Raises:
            TooLarge: There are more bytes of it, or of its JSON, than the server reads.
        """
        most, most_json = self.limits.body_bytes, self.limits.json_bytes
        if nbytes > most:
            raise TooLarge(f"the request is larger than {most:,} bytes; send fewer or smaller images")
        if min(nbytes, nbytes if self.json_length is None else self.json_length) > most_json:
            raise TooLarge(
                f"the JSON of the request is larger than {most_json:,} bytes (--most-json-bytes); send less in one, or "
                f"binary tensors (v2, gRPC), which may have {most:,}"
            )

    def check_content(self, body: bytes) -> None:
        """Refuses JSON of more parts than what a request may ask for can need, without parsing it.

        Raises:
            TooLarge: There are more.
        """
        json = body if self.json_length is None else body[: self.json_length]
        images = self.limits.images
        # Each value is the first of its list or object, or follows a comma. What stands in texts is counted with them:
        # base64 has none of it, and labels have little.
        if (
            _begins_more(json, LISTS + LISTS_AN_IMAGE * images)
            or _has_more(json, b":", KEYS + KEYS_AN_IMAGE * images)
            or _has_more(json, b",", most_values(self.limits))
        ):
            raise TooLarge(
                f"the JSON of the request has more values than {images:,} images or embeddings need; send fewer, "
                "or numbers as binary tensors (v2, gRPC)"
            )


def most_values(limits: Limits) -> int:
    """How many values that become objects of Python one request may have."""
    return max(VALUES, VALUES_AN_IMAGE * limits.images)


def _has_more(json: bytes, mark: bytes, most: int) -> bool:
    return len(json) > 2 * most and json.count(mark) > most


def _begins_more(json: bytes, most: int) -> bool:
    """Whether more than ``most`` lists and objects begin in it: leaps over base64, which takes longer to count in."""
    left = most
    for opening in (b"{", b"["):
        at = json.find(opening)
        while at >= 0:
            left -= 1
            if left < 0:
                return True
            at = json.find(opening, at + 1)
    return False
