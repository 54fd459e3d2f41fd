"""Nearest neighbours, the metrics of a ranking, and how sure they are: pure functions on arrays."""

from lookalike_components.retrieval.bootstrap import (
    Interval,
    Resampling,
    intervals,
    labels_needed,
    paired_differences,
    resampled_means,
)
from lookalike_components.retrieval.cosines import Curve, curve
from lookalike_components.retrieval.metrics import macro_means, means, per_query
from lookalike_components.retrieval.neighbours import Shown, check_k, leave_one_out, neighbours
from lookalike_components.retrieval.ranking import Ranking, rank, rank_leave_one_out
from lookalike_components.retrieval.slices import Slice, significantly_worse, slice_differences
from lookalike_components.retrieval.space import Hubness, effective_dimension, hubness
from lookalike_components.retrieval.thresholds import Calibration, Labelled, calibrate, set_on, threshold_at
from lookalike_components.retrieval.titles import Title, titles

__all__ = [
    "Calibration",
    "Curve",
    "Hubness",
    "Interval",
    "Labelled",
    "Ranking",
    "Resampling",
    "Shown",
    "Slice",
    "Title",
    "calibrate",
    "check_k",
    "curve",
    "effective_dimension",
    "hubness",
    "intervals",
    "labels_needed",
    "leave_one_out",
    "macro_means",
    "means",
    "neighbours",
    "paired_differences",
    "per_query",
    "rank",
    "rank_leave_one_out",
    "resampled_means",
    "set_on",
    "significantly_worse",
    "slice_differences",
    "threshold_at",
    "titles",
]
