"""Trained weights mixed with those before training, which often find more of what training never saw.

Source: Wortsman et al., Robust fine-tuning of zero-shot models (CVPR 2022), there WiSE-FT.
"""

from collections.abc import Callable, Sequence

from lookalike_components.train.selection.best import METRIC, Weights


def mixed(before: Weights, after: Weights, share: float) -> Weights:
    """The weights ``share * after + (1 - share) * before``; whole numbers, such as counts, are those after."""
    return {
        name: before[name].lerp(tensor, share) if tensor.is_floating_point() else tensor
        for name, tensor in after.items()
    }


def best_share(shares: Sequence[float], score: Callable[[float], dict[str, float]]) -> tuple[float, dict[str, float]]:
    """The share with the highest MAP@R, the largest of equals, and its metrics.

    Args:
        shares: What to choose from.
        score: Metrics on the validation labels of a share; empty where there are none.
    """
    scores = {share: score(share) for share in sorted(shares, reverse=True)}
    best = max(scores, key=lambda share: scores[share].get(METRIC, 0.0))
    return best, scores[best]
