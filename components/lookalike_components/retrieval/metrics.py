"""Retrieval metrics for each query; every mean, table and interval is made from these values.

Throughout, ``relevance`` is bool [q, n]: is the result at this rank, best first, relevant to the query? ``relevant`` is
int [q]: how many relevant images the index holds for the query (R), the query itself not counted. Every function gives
float64 [q].

Precision, recall, F1, hit, average precision, reciprocal rank and DCG are defined as in Finetuner's "Getting Started"
table, so that its figures can be compared: its average precision is divided by the hits found, and its DCG weighs ranks
1 and 2 the same. The field's own definitions stand beside them under other names.
"""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike_components.errors import LookalikeError

Relevance = NDArray[np.bool_]
Counts = NDArray[np.int64]
Values = NDArray[np.float64]
IMAGES_PER_OBJECT_IN_UKBENCH = 4
DEEPEST_HIT = 10
"""The largest k of the hits that are measured whatever k people look at."""


def per_query(relevance: Relevance, relevant: Counts, k: int) -> dict[str, Values]:
    """Computes every metric for each query.

    Args:
        relevance: bool [q, n] with n at least the largest of k, R and 10, or the whole index.
        relevant: int [q], the R of each query.
        k: The rank at which the metrics "at k" are cut off.

    Returns:
        Values float64 [q] by metric: the walkthrough's seven, then ``recall_at_1``, ``hit_at_5``, ``hit_at_10``,
        ``map_at_r``, ``r_precision``, ``mrr``, ``ndcg_at_k`` and, where every label has four images, ``ns_score``.
        ``mrr`` is the reciprocal rank over all n results, 0 where none of them is relevant.

    Raises:
        LookalikeError: A query has no relevant image, or more hits than relevant images.
    """
    top = relevance[:, :k]
    values = {
        "precision_at_k": precision_at_k(relevance, k),
        "recall_at_k": recall_at_k(relevance, relevant, k),
        "f1_score_at_k": f1_score_at_k(relevance, relevant, k),
        "hit_at_k": hit_at_k(relevance, k),
        "average_precision": average_precision(top),
        "reciprocal_rank": reciprocal_rank(top),
        "dcg_at_k": dcg_at_k(relevance, k),
        "recall_at_1": hit_at_k(relevance, 1),
        "hit_at_5": hit_at_k(relevance, 5),
        "hit_at_10": hit_at_k(relevance, DEEPEST_HIT),
        "map_at_r": map_at_r(relevance, relevant),
        "r_precision": r_precision(relevance, relevant),
        "mrr": reciprocal_rank(relevance),
        "ndcg_at_k": ndcg_at_k(relevance, relevant, k),
    }
    if (relevant == IMAGES_PER_OBJECT_IN_UKBENCH - 1).all():
        values["ns_score"] = ns_score(relevance)
    return values


def means(values: Mapping[str, Values]) -> dict[str, float]:
    """Averages each metric over the queries, rounding once: the order of the queries does not change the last digit."""
    return {name: statistics.mean(value.tolist()) for name, value in values.items()}


def macro_means(values: Mapping[str, Values], labels: Sequence[str]) -> dict[str, float]:
    """Averages each metric over the labels' own means: a label of two queries counts as much as one of two hundred.

    Args:
        values: float64 [q] by metric.
        labels: [q], the label of each query.
    """
    _, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    sizes = np.bincount(codes)
    return means({name: np.bincount(codes, weights=value) / sizes for name, value in values.items()})


def precision_at_k(relevance: Relevance, k: int) -> Values:
    """Share of relevant images among the first ``min(k, n)`` results; 0 when nothing was returned."""
    top = relevance[:, :k]
    return _row_sums(top) / float(max(top.shape[1], 1))


def recall_at_k(relevance: Relevance, relevant: Counts, k: int) -> Values:
    """Share of the query's relevant images that the first ``k`` results hold.

    Raises:
        LookalikeError: A query has no relevant image, or more hits than relevant images.
    """
    hits = _row_sums(relevance[:, :k])
    _check_relevant(hits, relevant)
    return hits / relevant


def f1_score_at_k(relevance: Relevance, relevant: Counts, k: int) -> Values:
    """Harmonic mean of a query's precision and recall at ``k``; 0 when both are 0."""
    precision, recall = precision_at_k(relevance, k), recall_at_k(relevance, relevant, k)
    return _ratio(2 * precision * recall, precision + recall)


def hit_at_k(relevance: Relevance, k: int) -> Values:
    """1 when any of the first ``k`` results is relevant. Deep metric learning calls this Recall@k."""
    return (_row_sums(relevance[:, :k]) > 0).astype(np.float64)


def average_precision(relevance: Relevance) -> Values:
    """Mean of precision@i over the ranks i of the hits, divided by the hits found (not by R); 0 with no hit."""
    return _ratio(_row_sums(_precision_at_each_rank(relevance) * relevance), _row_sums(relevance))


def reciprocal_rank(relevance: Relevance) -> Values:
    """1 / rank of the first relevant result; 0 with no hit."""
    gains: Values = relevance / _ranks(relevance)
    return np.asarray(gains.max(axis=1, initial=0.0))


def dcg_at_k(relevance: Relevance, k: int) -> Values:
    """Discounted gain of Järvelin and Kekäläinen (2002): weights 1, then ``1 / log2(rank)`` (1, .6309, .5, ...)."""
    top = relevance[:, :k]
    return _row_sums(top / np.log2(np.maximum(_ranks(top), 2)))


def map_at_r(relevance: Relevance, relevant: Counts) -> Values:
    """MAP@R of Musgrave, Belongie and Lim (2020), "A Metric Learning Reality Check".

    Mean over the first R ranks of precision@i where rank i is a hit and 0 elsewhere: 1 only when all R relevant images
    come before every other.

    Raises:
        LookalikeError: A query has no relevant image, or the ranking is shorter than R.
    """
    hits = _first_r(relevance, relevant)
    return _row_sums(_precision_at_each_rank(relevance) * hits) / relevant


def r_precision(relevance: Relevance, relevant: Counts) -> Values:
    """Share of relevant images among the first R results.

    Raises:
        LookalikeError: A query has no relevant image, or the ranking is shorter than R.
    """
    return _row_sums(_first_r(relevance, relevant)) / relevant


def ndcg_at_k(relevance: Relevance, relevant: Counts, k: int) -> Values:
    """Discounted gain with weights ``1 / log2(rank + 1)``, divided by the best possible (Burges et al. 2005)."""
    top = relevance[:, :k]
    _check_relevant(_row_sums(top), relevant)
    weights = 1 / np.log2(_ranks(top) + 1)
    best = _ranks(top) <= relevant[:, None]
    return _row_sums(top * weights) / _row_sums(best * weights)


def ns_score(relevance: Relevance) -> Values:
    """Score of Nistér and Stewénius (2006): relevant among the top four when the query itself is the first of them."""
    return 1 + _row_sums(relevance[:, : IMAGES_PER_OBJECT_IN_UKBENCH - 1])


def _row_sums(array: Relevance | Values) -> Values:
    sums: Values = array.sum(axis=1, dtype=np.float64)
    return sums


def _ratio(above: Values, below: Values) -> Values:
    """The quotient where there is one, else 0."""
    quotient = np.zeros_like(above)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient


def _ranks(relevance: Relevance) -> Counts:
    return np.arange(1, relevance.shape[1] + 1)


def _precision_at_each_rank(relevance: Relevance) -> Values:
    found: Counts = relevance.cumsum(axis=1)
    return found / _ranks(relevance)


def _first_r(relevance: Relevance, relevant: Counts) -> Relevance:
    """The hits among the first R ranks."""
    _check_relevant(np.zeros(len(relevant)), relevant)
    if (deepest := relevant.max(initial=0)) > relevance.shape[1]:
        raise LookalikeError(
            f"the ranking is {relevance.shape[1]} deep but a query has {deepest} relevant images; rank that deep"
        )
    return relevance & (_ranks(relevance) <= relevant[:, None])


def _check_relevant(hits: Values, relevant: Counts) -> None:
    faulty = np.flatnonzero((relevant < 1) | (hits > relevant))
    if faulty.size:
        query = faulty[0]
        raise LookalikeError(
            f"query {query} has {hits[query]:.0f} hits but {relevant[query]} relevant images in the index; "
            "leave out queries without a relevant image, and count R over the whole index"
        )
