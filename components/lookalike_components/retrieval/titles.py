"""What people call each metric, what it means in a few words, and how far it can go."""

from dataclasses import dataclass
from math import log2


@dataclass(frozen=True, slots=True)
class Title:
    """How one metric is shown.

    Attributes:
        name: What people call it.
        meaning: What it counts, in a few words.
        best: The most that it can be.
        worst: The least that it can be.
    """

    name: str
    meaning: str
    best: float = 1.0
    worst: float = 0.0

    @property
    def span(self) -> float:
        """Distance from its worst value to its best."""
        return self.best - self.worst


def titles(k: int) -> dict[str, Title]:
    """Every metric in the order in which people read them: the field's own first, then the walkthrough's table."""
    best_dcg = sum(1 / max(log2(rank), 1) for rank in range(1, k + 1))
    return {
        "recall_at_1": Title("Recall@1", "the first result is right"),
        "hit_at_5": Title("R@5", "one of the first 5 is right"),
        "hit_at_10": Title("R@10", "one of the first 10 is right"),
        "map_at_r": Title("MAP@R", "all right pictures come first"),
        "r_precision": Title("R-Precision", "share of right among the first R"),
        "mrr": Title("MRR", "1 / rank of the first right picture"),
        "ndcg_at_k": Title(f"NDCG@{k}", "right pictures stand high"),
        "ns_score": Title("N-S score", "of four, the picture itself counted", best=4.0, worst=1.0),
        "precision_at_k": Title(f"Precision@{k}", f"share of right among the first {k}"),
        "recall_at_k": Title(f"Recall@{k}", "share of all right pictures found"),
        "f1_score_at_k": Title(f"F1@{k}", "between precision and recall"),
        "hit_at_k": Title(f"Hit@{k}", f"one of the first {k} is right"),
        "average_precision": Title("Average precision", "precision at each hit"),
        "reciprocal_rank": Title("Reciprocal rank", "1 / rank of the first hit"),
        "dcg_at_k": Title(f"DCG@{k}", "hits, discounted by rank", best=best_dcg),
    }
