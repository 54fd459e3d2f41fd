"""Nearest neighbours, the metrics of a ranking, and how sure they are: pure functions on arrays."""

from lookalike_components.retrieval.bootstrap import Interval, Resampling, intervals, paired_differences
from lookalike_components.retrieval.metrics import means, per_query
from lookalike_components.retrieval.neighbours import check_k, leave_one_out, neighbours
from lookalike_components.retrieval.ranking import Ranking, rank, rank_leave_one_out
from lookalike_components.retrieval.thresholds import threshold_at
from lookalike_components.retrieval.titles import Title, titles

__all__ = [
    "Interval",
    "Ranking",
    "Resampling",
    "Title",
    "check_k",
    "intervals",
    "leave_one_out",
    "means",
    "neighbours",
    "paired_differences",
    "per_query",
    "rank",
    "rank_leave_one_out",
    "threshold_at",
    "titles",
]
