"""What a client asks and what it gets, whatever protocol it speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pybase64

from lookalike_components.errors import UserError
from lookalike_components.serve.refusals import TooManyImages


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request; exactly one of ``images``, ``pixels`` and ``vectors`` is there."""

    images: list[bytes] | None = None
    """Encoded image files."""
    pixels: npt.NDArray[np.uint8] | None = None
    """uint8 ``[n, height, width, 3]`` RGB."""
    vectors: npt.NDArray[np.float32] | None = None
    """float32 ``[n, d]`` of unit length, from an earlier answer."""
    parameters: Mapping[str, Any]
    """Settings of this request, such as ``k``."""

    def __len__(self) -> int:
        """How many images or embeddings it is about."""
        return next((len(items) for items in (self.images, self.pixels, self.vectors) if items is not None), 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    outputs: Mapping[str, npt.NDArray[Any]]
    """Tensors by name, the first axis counting the query's items; text has dtype object."""
    parameters: Mapping[str, str]
    """Digests of the release and of its encoder."""


def check_count(items: int, what: str, most: int) -> None:
    """Refuses a request of too many items, before anything is made of them.

    Raises:
        TooManyImages: There are more than ``most``.
    """
    if items > most:
        raise TooManyImages(f"the request holds {items:,} {what}; send no more than {most:,} in one")


def float32(embeddings: Sequence[Sequence[float]]) -> npt.NDArray[np.float32]:
    """Embeddings as JSON writes them, as float32 ``[n, d]``.

    Raises:
        UserError: They are no numbers of that size, or differ in length.
    """
    try:
        with np.errstate(over="raise"):
            return np.array(embeddings, np.float32)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise UserError("an embedding must be a list of numbers, all of one length") from error


def from_base64(text: object, number: int) -> bytes:
    """Decodes one image of a JSON request.

    Args:
        text: What stands in the place of the image.
        number: Place of the image in the request, from 1.

    Raises:
        UserError: It is no base64; the sentence never repeats it.
    """
    try:
        # Quick enough for the event loop, where the standard library's needs milliseconds for each MiB and no other
        # thread runs meanwhile, wherever it is called.
        return pybase64.b64decode(text, validate=True)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise UserError(f"image {number:,} is not base64; send the base64 of the image file's bytes") from error
