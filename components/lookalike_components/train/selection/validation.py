"""How well an encoder finds the pictures of labels that it was not trained on, seen while it trains."""

import torch

from lookalike_components import retrieval
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, best_device
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.pictures.pictures import Pictures

BATCH_SIZE = 64


def validate(encoder: Encoder, pictures: Pictures, k: int, world: World = ALONE) -> dict[str, float]:
    """Searches every validation picture among all the others; each process embeds its share of them.

    Args:
        encoder: The encoder as it is now; left in evaluation mode.
        pictures: The validation pictures.
        k: Results that the metrics look at, or all there are where there are fewer.
        world: The processes that share the work.

    Returns:
        The mean of every metric by name; empty when there is nothing to measure.
    """
    if len(pictures) < 2:
        return {}
    pixels = pictures.pixels[world.share(len(pictures))]
    part = encode(encoder, (pixels[start : start + BATCH_SIZE] for start in range(0, len(pixels), BATCH_SIZE)))
    vectors = world.together(torch.tensor(part, device=best_device()), len(pictures)).cpu().numpy()
    ranking = retrieval.rank_leave_one_out(vectors, pictures.labels.astype(str).tolist(), min(k, len(vectors) - 1))
    return retrieval.means(ranking.metrics(k)) if len(ranking.judged) else {}
