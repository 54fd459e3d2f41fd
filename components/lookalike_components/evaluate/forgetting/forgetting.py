"""Measures an encoder on drawings of everyday things, which have nothing to do with what it was trained for."""

from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from itertools import islice
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZipFile

import numpy as np

from lookalike_components.dataset import in_order
from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.embedding import BATCH_SIZE, Pixels, embed_pixels
from lookalike_components.pixels import to_pixels
from lookalike_components.retrieval import means, rank_leave_one_out

NAME = "drawings of 100 things by 3 artists"
FILE = "drawings.zip"
ASKED = ("recall_at_1", "map_at_r")


def forgetting(encoder: Encoder) -> dict[str, Any]:
    """Searches each drawing among the others; those of its thing by the other artists are right.

    `README.md` beside this file says what the figures can show and what they cannot.

    Returns:
        ``set``, ``images``, ``recall_at_1`` and ``map_at_r``.
    """
    labels, drawings = read_drawings()
    vectors = embed_pixels(encoder, _batches(encoder, drawings), len(drawings))
    mean = means(rank_leave_one_out(vectors, labels, k=1).metrics(1))
    return {"set": NAME, "images": len(drawings), **{name: mean[name] for name in ASKED}}


def read_drawings() -> tuple[list[str], list[bytes]]:
    """What each drawing shows, and its bytes (WebP)."""
    with files(__package__).joinpath(FILE).open("rb") as packed, ZipFile(packed) as archive:
        names = archive.namelist()
        return [PurePosixPath(name).parent.name for name in names], [archive.read(name) for name in names]


def _batches(encoder: Encoder, drawings: list[bytes]) -> Iterator[Pixels]:
    config = encoder.config
    pixels = in_order(partial(to_pixels, size=config.input_size, resize=config.resize, aspect=config.aspect), drawings)
    while batch := list(islice(pixels, BATCH_SIZE)):
        yield np.stack(batch)
