"""The nearest vectors of an index, whatever its kind: flat, or in lists of which only some are looked into."""

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

NOTHING = -1
"""The position where there is no further picture."""


def nearest(index: Any, vectors: Vectors, k: int, selector: Any = None) -> tuple[Vectors, Positions]:
    """Finds the ``k`` nearest of each vector.

    In an index of lists, a search that finds fewer than ``k`` is done again in all of them.

    Args:
        index: A faiss index.
        vectors: float32 ``[n, d]`` of unit length.
        k: How many to find, 1 or more.
        selector: A faiss ``IDSelector`` of the positions that count; None for all.

    Returns:
        Cosines float32 ``[n, k]``, best first, and positions int64 ``[n, k]``. Where there are fewer than ``k``, the
        position is -1 and the cosine the lowest float32.
    """
    queries = np.ascontiguousarray(vectors, np.float32)
    scores, positions = search(index, queries, k, _parameters(index, selector))
    short = np.flatnonzero((positions == NOTHING).any(axis=1))
    if short.size and isinstance(index, faiss.IndexIVF):
        everywhere = _parameters(index, selector, probes=index.nlist)
        scores[short], positions[short] = search(index, queries[short], k, everywhere)
    return scores, positions


def search(index: Any, queries: Vectors, k: int, parameters: Any) -> tuple[Vectors, Positions]:
    """Faiss' own search, with parameters.

    faiss.contrib.torch_utils, which pytorch-metric-learning imports, puts a search in its place that takes none, and
    keeps it as ``search_numpy``.
    """
    own = getattr(index, "search_numpy", index.search)
    found: tuple[Vectors, Positions] = own(queries, k, params=parameters)
    return found


def _parameters(index: Any, selector: Any, probes: int = 0) -> Any:
    if isinstance(index, faiss.IndexIVF):  # parameters replace all of the index' own, so that the probes are repeated
        return faiss.SearchParametersIVF(sel=selector, nprobe=probes or index.nprobe)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=selector) if selector is not None else None  # type: ignore[call-arg]
