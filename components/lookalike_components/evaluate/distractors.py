"""How an encoder stands a growing index: pictures that nobody asks for are put among those that are searched."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.encoder.model import Encoder
from lookalike_components.evaluate.asking import ask
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.subset import Examination, Positions, Vectors, bystanders, some_of
from lookalike_components.progress import say
from lookalike_components.retrieval import Shown

MOST_QUERIES = 2_000
"""More would make the share of right answers surer than anyone reads it, and each search takes in the whole index."""
MOST_DISTRACTORS = 20_000
"""Each is embedded once for every encoder that is measured; their vectors are all that is held of them."""
SHARES = (0, 1 / 8, 1 / 4, 1 / 2, 1)

Point = dict[str, int | float]


def with_distractors(
    encoder: Encoder, table: pd.DataFrame, test: Examination, vectors: Vectors, judged: Positions
) -> list[Point]:
    """Asks queries again while the index grows by the table's pictures that have no label and no part in the test.

    Source of the experiment: Philbin et al., Object retrieval with large vocabularies and fast spatial matching (CVPR
    2007), who added Flickr's pictures to those of Oxford. That none of them shows what is asked for is taken for
    granted; where one does, its being found counts as a fault.

    Args:
        encoder: The encoder that made ``vectors``.
        table: The whole image table.
        test: Queries and index.
        vectors: float32 ``[n, d]``, one for each row of ``test.images``.
        judged: The queries that have something to find; at most 2,000 of them are asked.

    Returns:
        ``size`` (pictures added, 0 first, at most 20,000: those of the lowest ids), ``recall_at_1`` and ``map_at_r``;
        empty where the table has no such picture.
    """
    others = bystanders(table, test)
    if others.empty:
        return []
    added = others.head(MOST_DISTRACTORS)
    of_all = f" of {len(others):,}" * (len(added) < len(others))
    say(f"{len(added):,}{of_all} pictures without a part in the test are put into the index as distractors")
    rows = judged[some_of(test.queries.iloc[judged], MOST_QUERIES)]
    index = np.concatenate([test.searched(vectors), embed(encoder, added)])
    index_labels = np.concatenate([_labels(test.index), np.full(len(added), None, dtype=object)])
    shown = test.shown and Shown(test.shown.asked, np.append(test.shown.there, np.full(len(added), -1)))
    sizes = sorted({int(share * len(added)) for share in SHARES})
    return [
        {
            "size": size,
            **ask(
                test.asked(vectors)[rows],
                _labels(test.queries)[rows],
                index[: len(test.index) + size],
                index_labels[: len(test.index) + size],
                shown=shown and Shown(shown.asked[rows], shown.there[: len(test.index) + size]),
            ),
        }
        for size in sizes
    ]


def _labels(images: pd.DataFrame) -> npt.NDArray[np.object_]:
    return images["label"].to_numpy(dtype=object)
