"""Trained weights mixed with those before training, which often find more of what training never saw.

Source: Wortsman et al., Robust fine-tuning of zero-shot models (CVPR 2022), there WiSE-FT.
"""

from collections.abc import Callable, Sequence

from lookalike_components.train.selection.best import Weights
from lookalike_components.train.selection.sureness import falls_behind
from lookalike_components.train.selection.validation import METRIC, Judgement


def mixed(before: Weights, after: Weights, share: float) -> Weights:
    """The weights ``share * after + (1 - share) * before``; whole numbers, such as counts, are those after."""
    return {
        name: before[name].lerp(tensor, share) if tensor.is_floating_point() else tensor
        for name, tensor in after.items()
    }


def best_share(shares: Sequence[float], score: Callable[[float], Judgement]) -> tuple[float, Judgement]:
    """The largest share that does not fall behind the one with the highest MAP@R, and what is said of it.

    Args:
        shares: What to choose from.
        score: What the validation labels say of a share; nothing where there are none.
    """
    judged = {share: score(share) for share in sorted(shares, reverse=True)}
    best = max(judged.values(), key=lambda judgement: judgement.means.get(METRIC, 0.0))
    return next(
        (share, judgement)
        for share, judgement in judged.items()
        if judgement is best or not falls_behind(judgement.by_label, best.by_label)
    )
