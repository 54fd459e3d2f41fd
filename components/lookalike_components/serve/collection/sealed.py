"""Neighbours in a release's index, all of it or only some rows, whatever kind of index it is."""

from typing import Any

import faiss
import numpy as np

from lookalike_components.release.searching import nearest, search
from lookalike_components.serve.collection.best import NO_SCORE, Positions
from lookalike_components.serve.collection.changes import Vectors
from lookalike_components.serve.collection.columns import Mask

_faiss: Any = faiss  # its stubs do not know the arguments that faiss' Python wrappers take
FEW = 0.1
"""Where a smaller share of the rows is allowed, every list of an approximate index is looked into: the nearest of a few
may lie far from where the query's other neighbours are."""


class Sealed:
    """Searches a faiss index of inner products. Safe to use from several threads at once."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.rows: int = index.ntotal

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, Positions]:
        """Finds the ``k`` nearest allowed rows of each query.

        Args:
            queries: float32 ``[n, d]``.
            k: Neighbours of each, 1 or more.
            allowed: bool ``[rows]``; None allows all.

        Returns:
            Scores float32 and positions int64, ``[n, k]``, best first; `NO_SCORE` and -1 where fewer are allowed.
        """
        selector = None if allowed is None else _faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if allowed is not None and isinstance(self._index, faiss.IndexIVF) and allowed.mean() < FEW:
            everywhere = _faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nlist)
            scores, positions = search(self._index, queries, k, everywhere)
        else:
            scores, positions = nearest(self._index, queries, k, selector)
        return np.where(positions < 0, np.float32(NO_SCORE), scores), positions
