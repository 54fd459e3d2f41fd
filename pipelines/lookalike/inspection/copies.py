"""Which accepted images are the same picture: the same bytes, or nearly the same to look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lookalike.inspection.progress_bar import followed
from lookalike_components.dataset import in_order
from lookalike_components.duplicates.candidates import Pairs, by_hash
from lookalike_components.duplicates.groups import linked
from lookalike_components.duplicates.likeness import SIDE, likeness
from lookalike_components.pixels import to_pixels

PAIRS_AT_ONCE = 512
FINER = 4  # a JPEG may be decoded at a fraction of its size, which differs from file to file: finer than is compared

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Group:
    """Images that show the same picture: rows of the accepted images, the first in the source first."""

    rows: list[int]
    exact: bool
    across_labels: bool


def find_groups(images: pd.DataFrame, read: Read) -> list[Group]:
    """Groups what is the same; what stands alone is in no group.

    Args:
        images: The accepted images, numbered from 0: ``uri``, ``image_id``, ``perceptual_hash`` and ``label``.
        read: Bytes of an image by its uri; those of pairs with near hashes are looked at again.

    Returns:
        The largest groups first.
    """
    pairs = np.concatenate([_same_bytes(images), *_nearly_the_same(images, read)])
    names = pd.Series(linked(map(tuple, pairs.tolist())), dtype="int64").sort_index()
    members = [rows.index.tolist() for _, rows in names.groupby(names)]
    return sorted((_group(images, rows) for rows in members), key=lambda group: (-len(group.rows), group.rows))


def _group(images: pd.DataFrame, rows: list[int]) -> Group:
    some = images.iloc[rows]
    return Group(rows, exact=some["image_id"].nunique() == 1, across_labels=some["label"].nunique() > 1)


def _same_bytes(images: pd.DataFrame) -> Pairs:
    rows = pd.Series(images.index)
    first = rows.groupby(images["image_id"].to_numpy()).transform("first")
    copies = first != rows
    return np.stack([first[copies], rows[copies]], axis=1).astype(np.int64)


def _nearly_the_same(images: pd.DataFrame, read: Read) -> Iterator[Pairs]:
    """The pairs with near hashes whose pictures are alike when one is laid over the other."""
    different = np.flatnonzero(~images["image_id"].duplicated())
    uris = images["uri"].to_numpy()
    for block in by_hash(images, different, different):
        for start in range(0, len(block), PAIRS_AT_ONCE):
            pairs = block[start : start + PAIRS_AT_ONCE]
            rows, places = np.unique(pairs, return_inverse=True)
            small = in_order(lambda uri: _small(read(uri)), uris[rows])
            pictures = list(followed(small, len(rows), "images of near copies"))
            sides = places.reshape(-1, 2).T
            there = np.array([picture is not None for picture in pictures])[sides].all(axis=0)
            first, second = (np.stack([pictures[place] for place in side[there]]) for side in sides)
            yield pairs[there][likeness(first, second).same()]


def _small(data: bytes) -> NDArray[np.uint8] | None:
    """The picture squeezed to a small square; None where there is none."""
    if not data:
        return None
    fine = to_pixels(data, FINER * SIDE, "fast").reshape(SIDE, FINER, SIDE, FINER, 3)
    small: NDArray[np.uint8] = np.round(fine.mean((1, 3))).astype(np.uint8)
    return small
