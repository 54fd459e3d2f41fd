"""How well an encoder finds the pictures of labels that it was not trained on, seen while it trains."""

from lookalike_components import retrieval
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder
from lookalike_components.train.pictures import Pictures

BATCH_SIZE = 64


def validate(encoder: Encoder, pictures: Pictures, k: int) -> dict[str, float]:
    """Searches every validation picture among all the others.

    Args:
        encoder: The encoder as it is now; left in evaluation mode.
        pictures: The validation pictures.
        k: Results that the metrics look at, or all there are where there are fewer.

    Returns:
        The mean of every metric by name; empty when there is nothing to measure.
    """
    if len(pictures) < 2:
        return {}
    starts = range(0, len(pictures), BATCH_SIZE)
    vectors = encode(encoder, (pictures.pixels[start : start + BATCH_SIZE] for start in starts))
    ranking = retrieval.rank_leave_one_out(vectors, pictures.labels.astype(str).tolist(), min(k, len(vectors) - 1))
    return retrieval.means(ranking.metrics(k)) if len(ranking.judged) else {}
