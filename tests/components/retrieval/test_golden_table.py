"""The figures of Finetuner's "Getting Started" page, from the relevance of its top three results."""

import numpy as np
import pytest

from lookalike_components.retrieval import means, per_query

HOW_OFTEN = {"111": 220, "110": 21, "101": 3, "100": 4, "010": 1, "011": 1}
PATTERNS = np.array([[int(hit) for hit in pattern] for pattern in HOW_OFTEN], dtype=bool)
RELEVANCE = np.repeat(PATTERNS, list(HOW_OFTEN.values()), axis=0)
RELEVANT = np.full(250, 3)


def mean_metrics(relevance):
    return means(per_query(relevance, RELEVANT, k=3))


@pytest.mark.parametrize(
    ("name", "printed", "exact"),
    [
        ("precision_at_k", 0.9533333, 715 / 750),
        ("recall_at_k", 0.9533333, 715 / 750),
        ("f1_score_at_k", 0.9533333, 715 / 750),
        ("hit_at_k", 1.0, 1.0),
        ("average_precision", 0.9943333, 0.9943333333333333),
        ("reciprocal_rank", 0.996, 0.996),
        ("dcg_at_k", 2.5293131, 2.5293130592000264),
    ],
)
def test_the_walkthroughs_table_comes_out_to_the_last_digit(name, printed, exact):
    value = mean_metrics(RELEVANCE)[name]
    assert exact == value
    assert printed == round(value, 7)


def test_the_order_of_the_queries_does_not_change_the_last_digit():
    shuffled = np.random.default_rng(0).permutation(RELEVANCE)
    assert mean_metrics(RELEVANCE) == mean_metrics(shuffled)


@pytest.mark.parametrize(
    ("name", "best"), [("precision_at_k", 1.0), ("average_precision", 1.0), ("dcg_at_k", 2.6309298), ("ns_score", 4.0)]
)
def test_a_flawless_ranking_scores_the_walkthroughs_best_possible(name, best):
    assert best == round(mean_metrics(np.ones_like(RELEVANCE))[name], 7)


def test_the_ukbench_score_counts_the_query_itself_among_its_four():
    assert pytest.approx(mean_metrics(RELEVANCE)["ns_score"], abs=1e-15) == 1 + 3 * 715 / 750
