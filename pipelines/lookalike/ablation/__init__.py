"""What each part of a recipe is worth on pictures of one's own, measured on labels that training never saw."""

from lookalike.ablation.ablating import Ablation, ablate

__all__ = ["Ablation", "ablate"]
