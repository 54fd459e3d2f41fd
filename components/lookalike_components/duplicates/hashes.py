"""Perceptual hashes that differ in few bits, found through faiss in bounded memory."""

from collections.abc import Sequence

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.uint8]  # [n, 8], a hash of 64 bits a row
Rows = NDArray[np.int64]

BITS = 64
MOST_DIFFERENT_BITS = 10
MOST_NEAR = 5  # hashes that are looked at for each, the nearest first
PARTS = 6  # two differing bits or more in five of them and one in the last would be eleven
COMPARISONS_AT_ONCE = 2**30
ROWS_AT_ONCE = 2**14


def codes_of(hashes: Sequence[str]) -> Codes:
    """The bits of hashes written as 16 hexadecimal digits: uint8 ``[n, 8]``."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(len(hashes), BITS // 8)


def near_codes(
    queries: Codes, index: Codes, most: int = MOST_NEAR, comparisons_at_once: int = COMPARISONS_AT_ONCE
) -> tuple[Rows, Rows]:
    """Finds for each query the codes of the index that differ from it in `MOST_DIFFERENT_BITS` bits or fewer.

    A small search compares each with each. A large one goes by the pigeonhole principle: of six parts, two codes that
    differ in 10 bits agree in the last, or but for one bit in one of the others, so that only codes that share a part
    that much are compared: about one in thirty.

    Sources: Norouzi, Punjani and Fleet, Fast Search in Hamming Space with Multi-Index Hashing (CVPR 2012), section 3;
    for limits that differ from part to part, Qin et al., GPH: Similarity Search in Hamming Space (ICDE 2018).

    Args:
        queries: uint8 ``[q, 8]``, each code once.
        index: uint8 ``[n, 8]``, each code once.
        most: Codes for each query; the nearest are kept.
        comparisons_at_once: Up to so many, each is compared with each.

    Returns:
        Rows of the queries int64 ``[p]`` and rows of the index int64 ``[p]``, sorted.
    """
    if not len(queries) or not len(index):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    small = len(queries) * len(index) <= comparisons_at_once
    searches: Sequence[_EachWithEach | _ByPart]
    searches = [_EachWithEach(index)] if small else [_ByPart(index, part, part < PARTS - 1) for part in range(PARTS)]
    starts = range(0, len(queries), ROWS_AT_ONCE)
    found = [_nearest(searches, queries[start : start + ROWS_AT_ONCE], start, most) for start in starts]
    return np.concatenate([rows for rows, _ in found]), np.concatenate([rows for _, rows in found])


class _EachWithEach:
    """Compares a query with every code."""

    def __init__(self, index: Codes) -> None:
        self._search = faiss.IndexBinaryFlat(BITS)
        self._search.add(index)

    def nearest(self, queries: Codes, most: int) -> tuple[NDArray[np.int32], Rows]:
        """Distances and rows of the nearest codes ``[q, most]``."""
        distances, found = self._search.search(queries, min(most, self._search.ntotal))
        return distances, found


class _ByPart:
    """Compares a query with the codes that agree with it in one part of the bits or, if asked, in all but one of it.

    Codes lie in lists by the value of that part, so that a query's lists are known without a search for them.
    """

    def __init__(self, index: Codes, part: int, one_may_differ: bool) -> None:
        self._bits = np.arange(part, BITS, PARTS)  # interleaved: a picture's low frequencies are spread over the parts
        lists = 2 ** len(self._bits)
        centres = faiss.IndexBinaryFlat(BITS)
        centres.add(np.zeros((lists, BITS // 8), np.uint8))
        self._search = faiss.IndexBinaryIVF(centres, BITS, lists)
        self._flips = np.array([0, *(1 << np.arange(len(self._bits)) if one_may_differ else [])], np.int64)
        self._search.is_trained, self._search.nprobe = True, len(self._flips)
        codes, values = np.ascontiguousarray(index), self._values(index)
        self._search.add_core(len(codes), faiss.swig_ptr(codes), None, faiss.swig_ptr(values))  # type: ignore[attr-defined]

    def nearest(self, queries: Codes, most: int) -> tuple[NDArray[np.int32], Rows]:
        """Distances and rows of the nearest codes ``[q, most]``; -1 where there are fewer."""
        lists = self._values(queries)[:, None] ^ self._flips
        distances, found = self._search.search_preassigned(queries, most, lists, None)
        return distances, found

    def _values(self, codes: Codes) -> Rows:
        bits = np.unpackbits(codes, axis=1)[:, self._bits]
        return bits @ (1 << np.arange(len(self._bits)))


def _nearest(searches: Sequence[_EachWithEach | _ByPart], queries: Codes, start: int, most: int) -> tuple[Rows, Rows]:
    answers = [search.nearest(queries, most) for search in searches]
    distances, found = (np.concatenate(columns, axis=1) for columns in zip(*answers, strict=True))
    rows, columns = np.nonzero((found >= 0) & (distances <= MOST_DIFFERENT_BITS))
    pairs = pd.DataFrame({"query": rows, "found": found[rows, columns], "distance": distances[rows, columns]})
    pairs = pairs.drop_duplicates(["query", "found"]).sort_values(["query", "distance", "found"])
    pairs = pairs[pairs.groupby("query").cumcount() < most].sort_values(["query", "found"])
    return pairs["query"].to_numpy() + start, pairs["found"].to_numpy()
