"""The test queries of a table, asked once more: for each way to run the encoder, what it finds in the release's index.

The index is that of the release, whose vectors are those of the float32 graph: so a faster way to run the encoder is
measured as it will be used, with its own vectors for what is asked and with the sealed ones for what is found.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import are_unlabelled, load_pixels
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.pixels import view
from lookalike_components.retrieval import neighbours, per_query
from lookalike_components.retrieval.metrics import DEEPEST_HIT

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

MOST_QUERIES = 2_000
SEED_OF_VIEWS = 0
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Answers:
    """What some vectors of the queries found.

    Attributes:
        metrics: Mean of each metric.
        first: int64 ``[q]``, the position of the first result.
        scores: float32 ``[q]``, its cosine.
    """

    metrics: dict[str, float]
    first: Rows
    scores: Vectors


@dataclass(frozen=True)
class Questions:
    """The queries, and what they are searched among.

    Attributes:
        asked: Rows of the table that are asked for.
        labels: ``[q]``, what each is.
        index: float32 ``[n, d]`` of unit length.
        index_labels: ``[n]``; None for a picture that is relevant to no query.
        own: int64 ``[q]``, the row of the index that shows each query itself and is no answer; None where the index
            does not hold the queries.
        by_views: Whether each query is a view of a picture of the index, since nothing has a label.
    """

    asked: pd.DataFrame
    labels: npt.NDArray[np.object_]
    index: Vectors
    index_labels: npt.NDArray[np.object_]
    own: Rows | None = None
    by_views: bool = False

    @cached_property
    def relevant(self) -> Rows:
        """int64 ``[q]``, how many pictures of the index answer each query."""
        counts = pd.Series(self.index_labels, dtype=object).value_counts()
        found = np.array([counts.get(label, 0) for label in self.labels], np.int64)
        return found - (self.own is not None)

    def pixels(self, encoder: EncoderConfig) -> Pixels:
        """What is asked, uint8 ``[q, size, size, 3]``."""
        batches = list(load_pixels(self.asked, encoder.input_size, encoder.resize, aspect=encoder.aspect))
        pixels = np.concatenate(batches)
        if self.by_views:
            for number, picture in enumerate(pixels):
                pixels[number] = view(picture, np.random.default_rng([SEED_OF_VIEWS, number]))
        return pixels

    def answers(self, vectors: Vectors, k: int) -> Answers:
        """What these vectors of the queries, float32 ``[q, d]``, find; metrics at k look at ``k`` results."""
        most = len(self.index) - (self.own is not None)
        depth = min(max(k, int(self.relevant.max()), DEEPEST_HIT), most)
        scores, positions = neighbours(vectors, self.index, depth + (self.own is not None))
        if self.own is not None:
            scores, positions = _without(self.own, scores, positions)
        relevance = self.index_labels[positions] == self.labels[:, None]
        values = per_query(relevance, self.relevant, min(k, most))
        means = {name: float(value.mean()) for name, value in values.items()}
        return Answers(means, positions[:, 0], scores[:, 0])


def questions(table: pd.DataFrame, vectors: Vectors, most: int = MOST_QUERIES) -> Questions | None:
    """Takes the test out of a table, as *evaluate* does.

    Args:
        table: Image table.
        vectors: float32 ``[n, d]`` of unit length, one for each of its rows.
        most: Queries that are asked at most: those of the lowest ids, which are digests, and so a random part.

    Returns:
        None where the table has no query that can be answered.
    """
    queries, index = (np.flatnonzero(table["subset"] == name) for name in ("query", "index"))
    if not len(queries):
        return None
    alone = not len(index)  # without index rows, the queries are searched among each other
    by_views = alone and are_unlabelled(table.iloc[queries])
    index = queries if alone else index
    names = table["image_id" if by_views else "label"].to_numpy(object)
    asked = _answerable(queries, index, names, itself=alone and not by_views)
    asked = asked[np.sort(np.argsort(table["image_id"].to_numpy(str)[asked], kind="stable")[:most])]
    if not len(asked):
        return None
    own = np.searchsorted(index, asked) if alone and not by_views else None
    return Questions(table.iloc[asked], names[asked], vectors[index], names[index], own, by_views)


def _answerable(queries: Rows, index: Rows, names: npt.NDArray[np.object_], *, itself: bool) -> Rows:
    counts = pd.Series(names[index], dtype=object).value_counts()
    return queries[[counts.get(names[row], 0) > itself for row in queries]]


def _without(own: Rows, scores: Vectors, positions: Rows) -> tuple[Vectors, Rows]:
    """Takes each query's own row out of its results, or the last result where the row is not among them."""
    keep = positions != own[:, None]
    keep[keep.all(axis=1), -1] = False
    return scores[keep].reshape(len(own), -1), positions[keep].reshape(len(own), -1)
