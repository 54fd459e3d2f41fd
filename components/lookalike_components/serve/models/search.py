"""The model `search`: images or embeddings to their neighbours in the index."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError
from lookalike_components.serve.collection import Found, Wanted
from lookalike_components.serve.collection.embeddings import check_embeddings
from lookalike_components.serve.collection.votes import vote
from lookalike_components.serve.config import Limits
from lookalike_components.serve.current import Current, Served
from lookalike_components.serve.engine import Engine
from lookalike_components.serve.models.base import IMAGE, Outputs, ReleaseModel
from lookalike_components.serve.observability import metrics
from lookalike_components.serve.protocol.query import Query
from lookalike_components.serve.refusals import TooManyNeighbours

DEFAULT_K = 5
QUICK = 2_000_000
"""Multiplications that take less time than handing them to a thread and waiting for it."""
_BY_NEIGHBOUR = {"ids": "BYTES", "uris": "BYTES", "labels": "BYTES", "scores": "FP32", "same": "BOOL"}
_BY_QUERY = {"vote": "BYTES", "vote_share": "FP32", "found": "INT32"}


class SearchModel(ReleaseModel):
    """Image or embedding to the ``k`` nearest images of the index."""

    def __init__(self, current: Current, engine: Engine, limits: Limits) -> None:
        super().__init__("search", current, engine, limits)

    def get_input_types(self) -> list[dict[str, Any]]:
        """The input as the protocol's metadata names it; an ``embedding`` (FP32) is taken in its place."""
        return [IMAGE]

    def get_output_types(self) -> list[dict[str, Any]]:
        """The outputs as the protocol's metadata names them: one column for each neighbour, best first."""
        has_threshold = self.current.release.release.manifest.threshold is not None
        by_neighbour = {name: kind for name, kind in _BY_NEIGHBOUR.items() if has_threshold or name != "same"}
        return [
            *({"name": name, "datatype": datatype, "shape": [-1, -1]} for name, datatype in by_neighbour.items()),
            *({"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in _BY_QUERY.items()),
        ]

    async def answer(self, served: Served, query: Query) -> Outputs:
        """Finds the neighbours of the query's images or embeddings."""
        # What is wrong with a request is said before it costs anything.
        k, wanted = self._k(served, query.parameters), Wanted.read(query.parameters)
        if query.vectors is None:
            vectors = await self.embed(served, query)
        else:
            vectors = query.vectors
            check_embeddings(vectors, served.release.manifest.encoder, query.parameters.get("encoder"))
        if not wanted and served.collection.comparisons(len(vectors)) <= QUICK:
            return _search(served, vectors, k, wanted)
        return await self.engine.searches.take(len(vectors), partial(_search, served, vectors, k, wanted))

    def _k(self, served: Served, parameters: Mapping[str, Any]) -> int:
        k = parameters.get("k", min(DEFAULT_K, self.limits.k, served.collection.images))
        if not isinstance(k, int) or isinstance(k, bool):
            raise UserError("parameter k is not a whole number; send one, such as 5")
        if k > self.limits.k:
            raise TooManyNeighbours(f"k is {k} but the server finds {self.limits.k:,} at most; ask for fewer")
        served.collection.check_k(k)
        return k


def _search(served: Served, vectors: npt.NDArray[np.float32], k: int, wanted: Wanted) -> Outputs:
    with metrics.timed("search"):
        found = served.collection.search(vectors, k, wanted)
    for score, count in zip(found.scores[:, 0].tolist(), found.counts, strict=True):
        if count:
            metrics.observe_top_score(score)
    return _outputs(found, served.release.manifest.threshold)


def _outputs(found: Found, threshold: float | None) -> Outputs:
    outputs: dict[str, npt.NDArray[Any]] = {
        "ids": found.ids,
        "uris": found.uris,
        "labels": found.labels,
        "scores": found.scores,
    }
    if threshold is not None:
        is_there = np.arange(found.scores.shape[1]) < found.counts[:, None]
        outputs["same"] = (found.scores >= threshold) & is_there
    votes = [vote(*row) for row in zip(found.labels.tolist(), found.scores.tolist(), strict=True)]
    outputs["vote"] = np.array([label for label, _ in votes], object)
    outputs["vote_share"] = np.array([share for _, share in votes], np.float32)
    return {**outputs, "found": found.counts}
