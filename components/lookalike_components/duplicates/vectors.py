"""Neighbours under the pretrained encoder: what finds crops, borders and mirror images, and labels that look wrong."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike_components.dataset import load_pixels
from lookalike_components.duplicates.candidates import Pairs
from lookalike_components.duplicates.hashes import Rows
from lookalike_components.encoder.backbones import AUTO, FIRST_CHOICE
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.errors import UserError
from lookalike_components.progress import track

Vectors = NDArray[np.float16]  # [n, d], of unit length

LEAST_COSINE = 0.85
NEIGHBOURS = 5
PICTURES_AT_ONCE = 2**12
MOST_COMPARED_WITH_ALL = 50_000
BATCH_SIZE = 64


def embed(table: pd.DataFrame, choice: EncoderChoice) -> Vectors:
    """Embeds every picture of a table with a pretrained encoder; two bytes a number.

    What the pictures are split by has to be the same whichever backbone wins on them, so ``auto`` stands for
    the usual one here.

    Raises:
        UserError: There is no torch on this machine, or the choice is wrong.
        LookalikeError: The weights could not be had.
    """
    try:
        from lookalike_components.encoder.encode import encode
        from lookalike_components.encoder.model import build
    except ModuleNotFoundError as error:
        raise UserError(
            f"near-duplicates by the encoder need {error.name}, which is not installed; "
            "install lookalike[evaluate], or look for them by hash"
        ) from error
    named = choice.model_copy(update={"model": FIRST_CHOICE}) if choice.model == AUTO else choice
    encoder = build(**named.pretrained())
    batches = load_pixels(table, encoder.config.input_size, encoder.config.resize, BATCH_SIZE, encoder.config.aspect)
    tracked = track(batches, len(table), "images", each=BATCH_SIZE)
    vectors = np.empty((len(table), encoder.config.dimension), np.float16)
    for start in range(0, len(table), PICTURES_AT_ONCE):
        some = vectors[start : start + PICTURES_AT_ONCE]
        some[:] = encode(encoder, islice(tracked, PICTURES_AT_ONCE // BATCH_SIZE))
    return vectors


def by_vector(vectors: Vectors, left: Rows, right: Rows) -> Iterator[Pairs]:
    """Pairs of rows, one of either side, that are near neighbours with a cosine of `LEAST_COSINE` or more.

    Args:
        vectors: ``[n, d]`` of unit length, a row of the table each.
        left: Rows that are compared; the very same array as ``right`` to compare all with all.
        right: Rows that they are compared with.

    Yields:
        int64 ``[p, 2]``: left and right, or the lower and the higher row of one side.
    """
    one_side = left is right
    for rows, scores, found in nearest(vectors, left, right, NEIGHBOURS + one_side):
        near = (scores >= LEAST_COSINE) & (found >= 0)
        pairs = np.stack([np.broadcast_to(rows[:, None], found.shape)[near], found[near]], axis=1)
        yield np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0) if one_side else pairs


def nearest(
    vectors: Vectors, left: Rows, right: Rows, k: int, compared_with_all: int = MOST_COMPARED_WITH_ALL
) -> Iterator[tuple[Rows, NDArray[np.float32], NDArray[np.int64]]]:
    """The ``k`` nearest rows on the right for each row on the left.

    Above so many vectors on the right, a tenth of them is looked at for each: the lists whose centres are nearest.

    Args:
        vectors: ``[n, d]`` of unit length.
        left: Rows that are compared.
        right: Rows that they are compared with.
        k: Neighbours for each.
        compared_with_all: Up to so many on the right, every one is looked at.

    Yields:
        Rows ``[r]``, cosines ``[r, k]``, the best first, and rows that were found ``[r, k]``; -1 where there are fewer.
    """
    search = _index(vectors, right, compared_with_all)
    for start in range(0, len(left), PICTURES_AT_ONCE):
        rows = left[start : start + PICTURES_AT_ONCE]
        scores, found = search.search(vectors[rows].astype(np.float32), k)
        yield rows, scores, np.where(found >= 0, right[found], -1)


def _index(vectors: Vectors, rows: Rows, compared_with_all: int) -> Any:
    lists = int(4 * np.sqrt(len(rows))) if len(rows) > compared_with_all else 0
    kind = f"IVF{lists},SQfp16" if lists else "SQfp16"
    index: Any = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).permutation(rows)[: max(40 * lists, PICTURES_AT_ONCE)]
    index.train(vectors[sample].astype(np.float32))
    for start in range(0, len(rows), PICTURES_AT_ONCE):
        index.add(vectors[rows[start : start + PICTURES_AT_ONCE]].astype(np.float32))
    if lists:
        index.nprobe = max(lists // 10, 1)
    return index
