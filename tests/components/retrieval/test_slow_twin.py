"""The metrics and the neighbours once more, as slowly and literally as they can be written, and their agreement."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.retrieval import leave_one_out, neighbours, per_query, rank_leave_one_out


def slow_metrics(ranked, relevant, k):
    """All metrics of one query, from the relevance of its results (best first) and its R."""
    hits = found = first = first_of_all = 0
    precisions = []
    dcg = gain = best_gain = at_r = 0.0
    for rank, hit in enumerate(ranked, start=1):
        if hit:
            found += 1
            first_of_all = first_of_all or rank
            if rank <= relevant:
                at_r += found / rank
            if rank <= k:
                hits += 1
                first = first or rank
                precisions.append(hits / rank)
                dcg += 1 if rank == 1 else 1 / log2(rank)
                gain += 1 / log2(rank + 1)
        if rank <= min(k, relevant):
            best_gain += 1 / log2(rank + 1)
    precision, recall = hits / min(k, len(ranked)), hits / relevant
    return {
        "precision_at_k": precision,
        "recall_at_k": recall,
        "f1_score_at_k": 2 * precision * recall / (precision + recall) if precision + recall else 0,
        "hit_at_k": float(hits > 0),
        "average_precision": sum(precisions) / hits if hits else 0,
        "reciprocal_rank": 1 / first if first else 0,
        "dcg_at_k": dcg,
        "recall_at_1": float(ranked[0]),
        "hit_at_5": float(0 < first_of_all <= 5),
        "hit_at_10": float(0 < first_of_all <= 10),
        "mrr": 1 / first_of_all if first_of_all else 0,
        "map_at_r": at_r / relevant,
        "r_precision": sum(ranked[:relevant]) / relevant,
        "ndcg_at_k": gain / best_gain,
    }


def slow_neighbours(query, index, k, own=None):
    """Positions of the k best, found one by one; equals in the order of the index."""
    left = [position for position in range(len(index)) if position != own]
    best = []
    for _ in range(k):
        best.append(max(left, key=lambda position: float(query @ index[position])))
        left.remove(best[-1])
    return best


# Whole numbers: sums come out exactly in any order, so that equal scores are really equal.
grids = st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=2, max_size=9).map(
    lambda rows: np.array(rows, dtype=np.float32)
)


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any), st.integers(1, 12))
def test_the_metrics_agree_with_the_slow_definition(ranked, k):
    fast = per_query(np.array([ranked]), np.array([sum(ranked)]), k)
    fast.pop("ns_score", None)
    assert slow_metrics(ranked, sum(ranked), k) == pytest.approx({name: value[0] for name, value in fast.items()})


@given(grids, grids, st.data())
def test_the_neighbours_agree_with_the_slow_definition_ties_included(queries, index, data):
    k = data.draw(st.integers(1, len(index)))
    assert [slow_neighbours(query, index, k) for query in queries] == neighbours(queries, index, k)[1].tolist()


@given(grids, st.data())
def test_leaving_one_out_agrees_with_the_slow_definition_ties_included(vectors, data):
    k = data.draw(st.integers(1, len(vectors) - 1))
    slow = [slow_neighbours(vector, vectors, k, own) for own, vector in enumerate(vectors)]
    assert slow == leave_one_out(vectors, k)[1].tolist()


def test_the_whole_way_from_vectors_to_metrics_agrees_with_the_slow_one():
    generator = np.random.default_rng(0)
    vectors, labels = generator.normal(size=(40, 8)).astype(np.float32), generator.integers(5, size=40)
    ranked = [labels[slow_neighbours(vector, vectors, 39, own)] == labels[own] for own, vector in enumerate(vectors)]
    fast = rank_leave_one_out(vectors, labels.tolist(), 3).metrics(3)
    slow = [slow_metrics(hits.tolist(), int(hits.sum()), 3) for hits in ranked]
    assert {name: pytest.approx([query[name] for query in slow]) for name in set(fast) - {"mrr"}} == {
        name: value.tolist() for name, value in fast.items() if name != "mrr"
    }
