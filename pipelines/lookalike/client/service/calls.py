"""Every request that a client sends, and how its answer is read: what the two clients share."""

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx
import numpy as np
import numpy.typing as npt

from lookalike.client.service import answers, codec
from lookalike.client.service.refusals import ServiceError, refusal
from lookalike_components.errors import UserError

Answer = TypeVar("Answer")
NO_PICTURES = "there are no images; pass at least one"


class Call(Generic[Answer]):
    """One request over HTTP."""

    def __init__(self, method: str, path: str, **request: Any) -> None:
        self.method = method
        self.path = path
        self.request = request

    def read(self, url: str, response: httpx.Response) -> Answer:
        """What the answer says.

        Raises:
            ServiceError: It is a refusal, or no answer of ours.
        """
        if not response.is_success:
            raise refusal(url, response)
        try:
            return self.understood(response)
        except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
            raise ServiceError(f"{url} answers as no server of lookalike does; is the address right?") from error

    def understood(self, response: httpx.Response) -> Answer:
        """The answer of a server of ours."""
        raise NotImplementedError


class Encode(Call[answers.Embeddings]):
    """Images to embeddings."""

    def __init__(self, files: list[bytes]) -> None:
        super().__init__("POST", "/v2/models/encoder/infer", **_binary(*codec.files_request(files, {})))

    def understood(self, response: httpx.Response) -> answers.Embeddings:
        """The embeddings, with the digests of what made them."""
        return answers.embeddings_of(*_tensors(response))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in the index."""

    k: int = 5
    filter: Mapping[str, Any] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, k: int, filter_: Mapping[str, Any] | None, exclude: Iterable[str]) -> "Wanted":
        """From what a caller passes; one id may be excluded without a list around it."""
        return cls(k, filter_ or {}, (exclude,) if isinstance(exclude, str) else tuple(exclude))

    def parameters(self) -> dict[str, Any]:
        """As the protocol has them: numbers and texts, in which what is more than that is JSON."""
        texts = {"filter": dict(self.filter), "exclude": list(self.exclude)}
        return {"k": self.k, **{name: json.dumps(value) for name, value in texts.items() if value}}


class _Search(Call[list[answers.Neighbours]]):
    def __init__(self, body: bytes, json_length: int) -> None:
        super().__init__("POST", "/v2/models/search/infer", **_binary(body, json_length))

    def understood(self, response: httpx.Response) -> list[answers.Neighbours]:
        """The neighbours of each query."""
        return answers.neighbours_of(_tensors(response)[0])


class Search(_Search):
    """Images to their neighbours."""

    def __init__(self, files: list[bytes], wanted: Wanted) -> None:
        super().__init__(*codec.files_request(files, wanted.parameters()))


class SearchVectors(_Search):
    """Embeddings to their neighbours."""

    def __init__(self, vectors: npt.NDArray[np.float32], encoder: str, wanted: Wanted) -> None:
        super().__init__(*codec.vectors_request(vectors, {**wanted.parameters(), "encoder": encoder}))


class Json(Call[dict[str, Any]]):
    """A question whose answer is a JSON object."""

    def understood(self, response: httpx.Response) -> dict[str, Any]:
        """The object."""
        return dict(response.json())


class ChangeIndex(Call[answers.Change]):
    """Entries added, or removed by their ids."""

    def __init__(self, path: str, body: dict[str, Any]) -> None:
        super().__init__("POST", path, json=body)

    def understood(self, response: httpx.Response) -> answers.Change:
        """What became of the entries."""
        return answers.change_of(dict(response.json()))


def rows(vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Vectors as float32 ``[n, d]``; a single one becomes a row.

    Raises:
        UserError: There are none, or they are no vectors.
    """
    array = np.atleast_2d(np.asarray(vectors, np.float32))
    if array.ndim != 2 or not array.size:
        raise UserError(f"the vectors have shape {array.shape}; pass n x d with at least one")
    return array


def _binary(body: bytes, json_length: int) -> dict[str, Any]:
    headers = {codec.JSON_LENGTH: str(json_length), "Content-Type": "application/octet-stream"}
    return {"content": body, "headers": headers}


def _tensors(response: httpx.Response) -> tuple[codec.Tensors, dict[str, Any]]:
    return codec.tensors(response.content, int(response.headers[codec.JSON_LENGTH]))
