"""What a server answers, as a person uses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.client.service.codec import Tensors
from lookalike.client.service.refusals import ServiceError

if TYPE_CHECKING:
    from lookalike_components.release.runtime import Matches


@dataclass(frozen=True, slots=True)
class Match:
    """One image of the index that was found."""

    id: str
    """What the image is known by: sha256 of its bytes, or what it was added under."""
    uri: str
    """Where the image came from."""
    label: str
    """Its label; empty where it has none."""
    score: float
    """Cosine with the query, -1..1."""
    same: bool | None = None
    """Whether the score reaches the release's threshold; None where it has none."""


class Neighbours(list[Match]):
    """The neighbours of one image, best first, and what they say together."""

    def __init__(self, matches: Iterable[Match], label: str = "", share: float = 0.0) -> None:
        super().__init__(matches)
        self.label = label
        """The label that the neighbours vote for, each by its score; empty where none has a label."""
        self.share = share
        """Share of that label in the votes, 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Embeddings, and what made them."""

    vectors: npt.NDArray[np.float32]
    """float32 ``[n, d]``, rows of unit length."""
    encoder: str
    """Digest (sha256, hex) of the encoder: those of another one cannot be compared with these."""
    release: str
    """Digest of the release that the encoder was in."""

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of entries that were added or removed."""

    ids: list[str]
    """Ids that were added, in the order of the entries; none for a removal."""
    added: int
    """How many ids are new."""
    replaced: int
    """How many took the place of an entry of the same id."""
    removed: int
    """How many are gone."""
    unknown: list[str]
    """Ids that were to be removed and were not there."""


def embeddings_of(tensors: Tensors, parameters: dict[str, Any]) -> Embeddings:
    """The answer of the model ``encoder``."""
    return Embeddings(tensors["embedding"], str(parameters["encoder"]), str(parameters["release"]))


def joined(parts: Sequence[Embeddings]) -> Embeddings:
    """Those of several requests as one.

    Raises:
        ServiceError: They come from two encoders, as the server took up another release in between.
    """
    first, last = parts[0], parts[-1]
    if others := {part.encoder for part in parts} - {first.encoder}:
        raise ServiceError(
            f"the server took up another encoder in between ({first.encoder[:12]}, then {min(others)[:12]}), and "
            "their embeddings cannot be compared; encode all of them again"
        )
    return Embeddings(np.concatenate([part.vectors for part in parts]), last.encoder, last.release)


def neighbours_of(tensors: Tensors) -> list[Neighbours]:
    """The answer of the model ``search``, without what only fills up its rows."""
    columns = [tensors[name].tolist() for name in ("ids", "uris", "labels", "scores")]
    if "same" in tensors:
        columns.append(tensors["same"].tolist())
    rows, votes = _rows(*columns), _votes(tensors, len(columns[0]))
    counts = tensors["found"].tolist() if "found" in tensors else [len(row) for row in rows]
    return [Neighbours(row[:count], *vote) for row, count, vote in zip(rows, counts, votes, strict=True)]


def change_of(answer: dict[str, Any]) -> Change:
    """The answer of the routes that change the index."""
    counts = {name: int(answer.get(name, 0)) for name in ("added", "replaced", "removed")}
    return Change(ids=list(answer.get("ids", [])), unknown=list(answer.get("unknown", [])), **counts)


def matches_of(matches: "Matches") -> list[list[Match]]:
    """The neighbours of each query as `Match`es, from the columns that a release answers."""
    return _rows(matches.ids, matches.uris, matches.labels, matches.scores.tolist())


def _rows(*columns: list[list[Any]]) -> list[list[Match]]:
    return [[Match(*found) for found in zip(*row, strict=True)] for row in zip(*columns, strict=True)]


def _votes(tensors: Tensors, queries: int) -> list[tuple[str, float]]:
    if "vote" not in tensors:
        return [("", 0.0)] * queries
    return list(zip(tensors["vote"].tolist(), tensors["vote_share"].tolist(), strict=True))
