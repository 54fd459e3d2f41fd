"""Asks some queries again, blurred, cropped, darkened and so on; the index stays as it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from lookalike_components.dataset import load_pixels
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.asking import ask
from lookalike_components.evaluate.embedding import Pixels, embed_pixels
from lookalike_components.evaluate.robustness.corruptions import CELLS, ENLARGED, variants
from lookalike_components.evaluate.subset import Examination, Positions, Vectors, some_of
from lookalike_components.progress import say

BATCH_SIZE = 25
"""Pictures that are prepared at a time, in every variant and at four times the encoder's pixels."""


def robustness(
    encoder: Encoder, test: Examination, vectors: Vectors, judged: Positions, most: int
) -> dict[str, Any] | None:
    """Measures what each corruption costs.

    Untouched and corrupted queries come from the same decoded pixels by the same resizing, so that they differ in the
    corruption alone. Where queries are asked for by views, the picture itself is corrupted in place of a view.

    Args:
        encoder: The encoder that made ``vectors``.
        test: Queries and index.
        vectors: float32 ``[n, d]``, one for each row of ``test.images``.
        judged: The queries that have something to find.
        most: Queries to ask; 0 for none.

    Returns:
        ``queries``; ``untouched`` with ``recall_at_1`` and ``map_at_r``; ``cells`` with the same by ``corruption`` and
        ``severity``. None where nothing is asked.
    """
    if not most:
        return None
    rows = judged[some_of(test.queries.iloc[judged], most)]
    asked = test.queries.iloc[rows]
    say(f"asks {len(rows):,} queries again, each worse in {len(CELLS)} ways")
    labels, index_labels = (images["label"].to_numpy(dtype=object) for images in (asked, test.index))
    shown = test.shown and test.shown.of(rows)
    untouched, *cells = (
        ask(variant, labels, test.searched(vectors), index_labels, shown) for variant in _embedded(encoder, asked)
    )
    named = [
        {"corruption": corruption, "severity": severity, **answers}
        for (corruption, severity), answers in zip(CELLS, cells, strict=True)
    ]
    return {"queries": len(rows), "untouched": untouched, "cells": named}


def _embedded(encoder: Encoder, images: pd.DataFrame) -> npt.NDArray[np.float32]:
    """float32 ``[25, q, d]``: the pictures as they are, then in each cell; every picture is decoded once."""
    wanted = 1 + len(CELLS)
    vectors = embed_pixels(encoder, _variants(encoder, images), wanted * len(images), each=min(BATCH_SIZE, len(images)))
    parts = np.split(vectors, [wanted * start for start in range(BATCH_SIZE, len(images), BATCH_SIZE)])
    return np.concatenate([part.reshape(wanted, -1, vectors.shape[1]) for part in parts], axis=1)


def _variants(encoder: Encoder, images: pd.DataFrame) -> Iterator[Pixels]:
    """Batches of at most 25 pictures: all variants of the first, then of the next."""
    config, start = encoder.config, 0
    for batch in load_pixels(images, ENLARGED * config.input_size, config.resize, BATCH_SIZE, config.aspect):
        large = torch.from_numpy(batch).permute(0, 3, 1, 2)
        ids = images["image_id"].iloc[start : start + len(batch)].tolist()
        for variant in variants(large, config.input_size, ids):
            yield variant.permute(0, 2, 3, 1).contiguous().numpy()
        start += len(batch)
