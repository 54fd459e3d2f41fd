"""Pictures that are to be found in a server's index from now on."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.client.service.pictures import Picture, file_of, gathered
from lookalike_components.errors import UserError

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One picture: the image, or its embedding together with an ``id``."""

    image: Picture | None = None
    """The image."""
    vector: npt.NDArray[np.float32] | None = None
    """In place of the image: float32 ``[d]`` of unit length, made by the encoder that `Client.add` is told."""
    id: str = ""
    """What it is known by; sha256 of the image file's bytes unless given. The same id again replaces it."""
    uri: str = ""
    """Where it came from; the path of the image unless given."""
    label: str = ""
    """What it shows."""
    columns: Mapping[str, Value] = field(default_factory=dict)
    """More to filter by."""


def requests(entries: Iterable[Entry], encoder: str) -> Iterator[dict[str, Any]]:
    """Bodies for ``POST /index``, of bounded size.

    Raises:
        UserError: An entry has neither image nor embedding, or cannot be read.
    """
    described = (_described(entry, number) for number, entry in enumerate(entries, start=1))
    for some in gathered(described, lambda one: len(one.get("b64", ""))):
        yield _body(some, encoder)


def _body(entries: list[dict[str, Any]], encoder: str) -> dict[str, Any]:
    return {"entries": entries, **({"encoder": encoder} if encoder else {})}


def _described(entry: Entry, number: int) -> dict[str, Any]:
    uri = entry.uri or (str(entry.image) if isinstance(entry.image, str) or hasattr(entry.image, "__fspath__") else "")
    described = {"id": entry.id, "uri": uri, "label": entry.label, "columns": dict(entry.columns)}
    described = {name: value for name, value in described.items() if value}
    if (entry.image is None) == (entry.vector is None):
        raise UserError(f"entry {number:,} needs an image or a vector, and not both; pass one of them")
    if entry.vector is not None:
        return {**described, "embedding": np.asarray(entry.vector, np.float32).tolist()}
    return {**described, "b64": base64.b64encode(file_of(entry.image, number)).decode()}  # type: ignore[arg-type]
