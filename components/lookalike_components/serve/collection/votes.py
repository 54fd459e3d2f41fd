"""The label that the neighbours of a picture speak for."""

from collections import defaultdict
from collections.abc import Sequence


def vote(labels: Sequence[str], scores: Sequence[float]) -> tuple[str, float]:
    """Lets each neighbour vote for its label with the weight of its score.

    Neighbours without a label, and those with a score of 0 or less, do not vote. Among equals wins the label whose
    best neighbour is nearest.

    Args:
        labels: Labels of the neighbours, best first; empty where there is none.
        scores: Their cosines.

    Returns:
        The label and its share of all votes in (0, 1]; an empty label and 0 where nobody votes.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for label, score in zip(labels, scores, strict=True):
        if label and score > 0:
            weights[label] += score
    if not weights:
        return "", 0.0
    winner = max(weights, key=weights.__getitem__)  # the first among equals, and the nearest came first
    return winner, weights[winner] / sum(weights.values())
