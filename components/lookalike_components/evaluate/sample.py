"""Some of the test pictures with their vectors, for a map of them: the same pictures for every encoder."""

import pandas as pd

from lookalike_components.evaluate.subset import Examination, Vectors, some_of

MOST_PICTURES = 2_000
PICTURE = ["image_id", "uri", "label", "shard", "offset", "nbytes"]


def sample(test: Examination, vectors: Vectors) -> tuple[pd.DataFrame, Vectors]:
    """Picks at most 2,000 pictures of the test.

    Args:
        test: Queries and index.
        vectors: float32 ``[n, d]``, one for each row of ``test.images``.

    Returns:
        Where each picture lies, its label, and whether it is a query (``is_query``); and its vector, float32
        ``[m, d]``. Of pictures that are asked for by views these are the pictures, and not the views.
    """
    images = test.index if test.by_views else test.images
    rows = some_of(images, MOST_PICTURES)
    pictures = images[PICTURE].iloc[rows].reset_index(drop=True)
    return pictures.assign(is_query=rows < len(test.queries)), vectors[-len(images) :][rows]
