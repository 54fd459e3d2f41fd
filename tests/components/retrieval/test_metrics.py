from statistics import mean

import numpy as np
import pytest
import pytrec_eval
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from lookalike_components.errors import LookalikeError
from lookalike_components.retrieval import macro_means, means, per_query, rank, rank_leave_one_out
from lookalike_components.retrieval.metrics import average_precision, precision_at_k, r_precision, recall_at_k

rankings = st.lists(st.booleans(), min_size=1, max_size=12)


def one_query(ranked, more_relevant=0):
    """Relevance [1, n] and R [1] of a ranking of the whole index, plus relevant images that it does not hold."""
    return np.array([ranked]), np.array([sum(ranked) + more_relevant])


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def calculate(include, k, **arrays):
    return AccuracyCalculator(include=include, k=k, device=torch.device("cpu")).get_accuracy(**arrays)


SAME_IN_BOTH = {
    "recall_at_1": "precision_at_1",
    "r_precision": "r_precision",
    "map_at_r": "mean_average_precision_at_r",
}


def test_agrees_with_pytorch_metric_learning_when_every_image_is_a_query():
    generator = np.random.default_rng(3)
    labels = generator.integers(6, size=60)
    vectors = unit(generator.normal(size=(60, 8)) + np.eye(8)[labels])
    ours = means(rank_leave_one_out(vectors, labels.tolist(), k=5).metrics(5))
    theirs = calculate(tuple(SAME_IN_BOTH.values()), 59, query=vectors, query_labels=labels)
    assert {name: theirs[twin] for name, twin in SAME_IN_BOTH.items()} == pytest.approx(
        {name: ours[name] for name in SAME_IN_BOTH}, abs=1e-12
    )


def test_agrees_with_pytorch_metric_learning_when_queries_are_apart_from_the_index():
    generator = np.random.default_rng(4)
    labels, query_labels = generator.integers(5, size=80), generator.integers(5, size=30)
    index = unit(generator.normal(size=(80, 8)) + np.eye(8)[labels])
    queries = unit(generator.normal(size=(30, 8)) + np.eye(8)[query_labels])
    ours = means(rank(queries, query_labels.tolist(), index, labels.tolist(), k=7).metrics(7))
    arrays = {"query": queries, "query_labels": query_labels, "reference": index, "reference_labels": labels}
    deep = calculate(("mean_average_precision_at_r", "r_precision", "precision_at_1"), 80, **arrays)
    shallow = calculate(("mean_reciprocal_rank", "r_precision"), 7, **arrays)
    assert deep["mean_average_precision_at_r"] == pytest.approx(ours["map_at_r"], abs=1e-12)
    assert deep["r_precision"] == pytest.approx(ours["r_precision"], abs=1e-12)
    assert deep["precision_at_1"] == pytest.approx(ours["recall_at_1"], abs=1e-12)
    assert shallow["mean_reciprocal_rank"] == pytest.approx(ours["reciprocal_rank"], abs=1e-6)


SAME_IN_TREC_EVAL = {
    "precision_at_k": "P_5",
    "recall_at_k": "recall_5",
    "hit_at_k": "success_5",
    "recall_at_1": "success_1",
    "hit_at_5": "success_5",
    "hit_at_10": "success_10",
    "r_precision": "Rprec",
    "mrr": "recip_rank",
    "ndcg_at_k": "ndcg_cut_5",
    "map_at_r": "map_cut_8",  # cut at R, since every label has eight images in the index
}


def test_agrees_with_trec_eval_query_by_query():
    generator = np.random.default_rng(5)
    labels, query_labels = np.repeat(np.arange(6), 8), generator.integers(6, size=25)
    index = unit(generator.normal(size=(48, 8)) + np.eye(8)[labels])
    queries = unit(generator.normal(size=(25, 8)) + np.eye(8)[query_labels])
    ours = rank(queries, query_labels.tolist(), index, labels.tolist(), k=48).metrics(5)
    relevant = {str(q): {str(i): int(labels[i] == asked) for i in range(48)} for q, asked in enumerate(query_labels)}
    found = {str(q): {str(i): float(score) for i, score in enumerate(queries[q] @ index.T)} for q in range(25)}
    theirs = pytrec_eval.RelevanceEvaluator(relevant, set(SAME_IN_TREC_EVAL.values())).evaluate(found)
    assert {name: pytest.approx(ours[name].tolist(), abs=1e-9) for name in SAME_IN_TREC_EVAL} == {
        name: [theirs[str(q)][twin] for q in range(25)] for name, twin in SAME_IN_TREC_EVAL.items()
    }


def test_the_rank_of_the_first_relevant_image_counts_beyond_k():
    values = per_query(*one_query([False] * 7 + [True]), k=3)
    assert (values["reciprocal_rank"][0], values["mrr"][0]) == (0, 1 / 8)


labelled = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=12)


@given(labelled)
def test_the_macro_mean_is_the_mean_of_the_labels_means(pairs):
    labels, values = zip(*pairs, strict=True)
    of_labels = [mean(value for label, value in pairs if label == one) for one in set(labels)]
    assert macro_means({"score": np.array(values)}, labels)["score"] == pytest.approx(mean(of_labels), abs=1e-12)


@given(labelled)
def test_macro_and_micro_means_agree_where_every_label_has_as_many_queries(pairs):
    values, labels = {"score": np.array([value for _, value in pairs])}, [str(i) for i in range(len(pairs))]
    assert macro_means(values, labels) == pytest.approx(means(values), abs=1e-12)


@given(st.integers(1, 6), st.integers(0, 6), st.integers(1, 12))
def test_a_perfect_ranking_is_the_best_that_each_metric_can_give(relevant, others, k):
    values = per_query(*one_query([True] * relevant + [False] * others), k)
    below = {"precision_at_k", "recall_at_k", "f1_score_at_k", "dcg_at_k", "ns_score"}  # k and R bound them
    assert dict.fromkeys(set(values) - below, 1.0) == {name: values[name][0] for name in set(values) - below}


@given(st.integers(1, 6), st.integers(10, 15), st.integers(1, 10))
def test_a_ranking_with_every_relevant_image_last_scores_nothing(relevant, others, k):
    values = per_query(*one_query([False] * others + [True] * relevant), k)
    assert values["mrr"][0] == 1 / (others + 1)
    nothing = set(values) - {"ns_score", "mrr"}
    assert dict.fromkeys(nothing, 0.0) == {name: values[name][0] for name in nothing}


@given(rankings.filter(any), st.integers(1, 12), st.integers(0, 10))
def test_swapping_a_hit_upwards_never_makes_a_metric_worse(ranked, k, where):
    place = where % len(ranked)
    better = ranked[:place] + sorted(ranked[place : place + 2], reverse=True) + ranked[place + 2 :]
    before, after = (per_query(*one_query(order), k) for order in (ranked, better))
    monotone = set(before) - {"average_precision"}  # divided by the hits found, so a late extra hit can lower it
    assert [name for name in monotone if after[name][0] < before[name][0] - 1e-12] == []


@given(rankings.filter(any), st.integers(1, 12))
def test_every_metric_but_two_lies_between_zero_and_one(ranked, k):
    values = per_query(*one_query(ranked), k)
    assert [name for name in set(values) - {"dcg_at_k", "ns_score"} if not 0 <= values[name][0] <= 1] == []


def test_the_ukbench_score_is_given_only_where_every_label_has_four_images():
    ranked = np.ones((2, 3), dtype=bool)
    assert "ns_score" in per_query(ranked, np.array([3, 3]), k=2)
    assert "ns_score" not in per_query(ranked, np.array([3, 2]), k=2)


def test_precision_of_an_empty_answer_is_zero():
    assert precision_at_k(np.zeros((1, 0), dtype=bool), 3).tolist() == [0.0]


def test_precision_divides_by_what_was_returned_when_that_is_less_than_k():
    assert precision_at_k(np.array([[True, False]]), 5).tolist() == [0.5]


def test_average_precision_forgives_what_was_never_returned():
    assert average_precision(np.array([[True, False, False]])).tolist() == [1.0]


def test_recall_without_a_relevant_image_is_an_error():
    with pytest.raises(LookalikeError) as error:
        recall_at_k(np.array([[True], [False]]), np.array([1, 0]), k=1)
    assert str(error.value) == (
        "query 1 has 0 hits but 0 relevant images in the index; "
        "leave out queries without a relevant image, and count R over the whole index"
    )


def test_recall_with_more_hits_than_relevant_images_is_an_error():
    with pytest.raises(LookalikeError) as error:
        recall_at_k(np.array([[True, True]]), np.array([1]), k=2)
    assert str(error.value).startswith("query 0 has 2 hits but 1 relevant images in the index; ")


def test_a_ranking_shorter_than_r_is_an_error():
    with pytest.raises(LookalikeError) as error:
        r_precision(np.array([[True, True]]), np.array([3]))
    assert str(error.value) == "the ranking is 2 deep but a query has 3 relevant images; rank that deep"
