"""How well an encoder finds the pictures of labels that it was not trained on, seen while it trains."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from lookalike_components import retrieval
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, best_device
from lookalike_components.pixels import view
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.optimisation.health import DivergenceError
from lookalike_components.train.pictures.pictures import Pictures, Pixels, Positions

Look = Callable[[Pictures, Positions], Pixels]

BATCH_SIZE = 64
METRIC = "map_at_r"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the validation labels say of an encoder.

    Attributes:
        means: The mean of every metric by name; empty when there is nothing to measure.
        by_label: MAP@R of each label, in the same order for every encoder.
    """

    means: dict[str, float] = field(default_factory=dict)
    by_label: list[float] = field(default_factory=list)


def validate(encoder: Encoder, pictures: Pictures, k: int, world: World = ALONE) -> Judgement:
    """Searches every validation picture among all the others; each process embeds its share of them.

    Args:
        encoder: The encoder as it is now; left in evaluation mode.
        pictures: The validation pictures.
        k: Results that the metrics look at, or all there are where there are fewer.
        world: The processes that share the work.

    Raises:
        DivergenceError: An embedding holds a number that is not finite.
    """
    if not can_judge(pictures):
        return Judgement()
    vectors, labels = embedded(encoder, pictures, world), pictures.labels.astype(str).tolist()
    if not np.isfinite(vectors).all():
        raise DivergenceError(
            "the embeddings became numbers that are not finite, most often because the learning rate is too high; "
            "lower it and train again"
        )
    if pictures.unlabelled:
        views = embedded(encoder, pictures, world, _views)
        ranking = retrieval.rank(views, labels, vectors, labels, min(k, len(vectors)))
    else:
        ranking = retrieval.rank_leave_one_out(vectors, labels, min(k, len(vectors) - 1))
    values = ranking.metrics(k)
    return Judgement(retrieval.means(values), _by_label(values[METRIC], pictures.labels[ranking.judged]))


def _by_label(values: npt.NDArray[np.float64], labels: Positions) -> list[float]:
    """The mean of each label that has a value."""
    sizes = np.bincount(labels)
    sums = np.bincount(labels, values)
    means: list[float] = (sums[sizes > 0] / sizes[sizes > 0]).tolist()
    return means


def can_judge(pictures: Pictures) -> bool:
    """Whether any label has two pictures or more, so that one can be searched for with the other.

    Unlabelled pictures are searched for by views of them.
    """
    return len(pictures) > 1 and (pictures.unlabelled or bool((np.bincount(pictures.labels) > 1).any()))


def embedded(
    encoder: Encoder, pictures: Pictures, world: World = ALONE, look: Look = Pictures.take
) -> npt.NDArray[np.float32]:
    """The embeddings float32 ``[n, d]`` of all pictures, the same in every process.

    Args:
        encoder: The encoder; left in evaluation mode.
        pictures: What is embedded; each process does its share.
        world: The processes that share the work.
        look: The pixels of the pictures at some positions.
    """
    share = np.arange(len(pictures))[world.share(len(pictures))]
    batches = (look(pictures, share[start : start + BATCH_SIZE]) for start in range(0, len(share), BATCH_SIZE))
    part = encode(encoder, batches)
    together: npt.NDArray[np.float32] = (
        world.together(torch.tensor(part, device=best_device()), len(pictures)).cpu().numpy()
    )
    return together


def _views(pictures: Pictures, positions: Positions) -> Pixels:
    """Views of pictures, the same at every look."""
    some = zip(pictures.take(positions), positions, strict=True)
    return np.stack([view(pixels, np.random.default_rng([0, position])) for pixels, position in some])
