import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.retrieval import Shown, rank, rank_leave_one_out
from lookalike_components.retrieval.ranking import Ranking

RANKING = "lookalike_components.retrieval.ranking"


def on_circle(*degrees):
    """Unit vectors whose neighbours can be read off by eye."""
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], dtype=np.float32)


def lists(ranking):
    """Everything that a ranking says, to be compared."""
    arrays = (getattr(ranking, name) for name in Ranking.__slots__)
    return [array.tolist() if isinstance(array, np.ndarray) else array for array in arrays]


def test_it_says_which_neighbours_carry_the_querys_label():
    ranking = rank(on_circle(0, 90), ["mug", "lamp"], on_circle(5, 10, 80), ["mug", "lamp", "lamp"], k=2)
    assert ranking.positions.tolist() == [[0, 1], [2, 1]]
    assert ranking.relevance().tolist() == [[True, False, False], [True, True, False]]
    assert ranking.relevant.tolist() == [1, 2]


def test_it_is_as_deep_as_the_label_with_most_images_but_keeps_k_of_them():
    labels = ["mug"] * 12 + ["lamp"] * 3
    ranking = rank(on_circle(0), ["mug"], on_circle(*range(15)), labels, k=2)
    assert (ranking.relevance().shape, ranking.positions.shape) == ((1, 12), (1, 2))
    assert ranking.metrics(2)["map_at_r"].tolist() == [1.0]


def test_it_is_deep_enough_for_a_hit_among_ten():
    ranking = rank(on_circle(0), ["mug"], on_circle(*range(30)), ["lamp"] * 9 + ["mug"] + ["lamp"] * 20, k=1)
    values = ranking.metrics(1)
    assert (values["hit_at_10"][0], values["hit_at_5"][0], values["mrr"][0]) == (1.0, 0.0, 0.1)


def test_a_query_whose_label_is_nowhere_in_the_index_is_not_judged():
    ranking = rank(on_circle(0, 50, 90), ["mug", "vase", None], on_circle(5, 80), ["mug", None], k=1)
    assert ranking.judged.tolist() == [0]


def test_queries_that_can_none_be_judged_leave_nothing():
    ranking = rank(on_circle(0), ["mug"], on_circle(5, 80), ["lamp", None], k=1)
    assert ranking.judged.tolist() == ranking.margins().tolist() == ranking.metrics(1)["map_at_r"].tolist() == []


def test_an_image_without_a_twin_is_not_judged_but_can_be_found():
    ranking = rank_leave_one_out(on_circle(0, 10, 2), ["mug", "mug", "vase"], k=1)
    assert ranking.judged.tolist() == [0, 1]
    assert ranking.positions.tolist() == [[2], [2]]


def test_unlabelled_images_are_relevant_to_nothing():
    ranking = rank_leave_one_out(on_circle(0, 10, 2, 3), ["mug", "mug", None, None], k=1)
    assert ranking.relevance().tolist() == [[False, False, True], [False, False, True]]


def test_the_margin_is_how_far_the_best_right_result_is_ahead_of_the_best_wrong_one():
    ranking = rank(on_circle(0, 90), ["mug", "lamp"], on_circle(10, 60), ["mug", "lamp"], k=2)
    ahead = np.cos(np.radians(10)) - np.cos(np.radians(60)), np.cos(np.radians(30)) - np.cos(np.radians(80))
    assert ahead == pytest.approx(ranking.margins().tolist(), abs=1e-6)


def test_a_margin_below_zero_means_that_a_wrong_picture_came_first():
    assert rank(on_circle(0), ["lamp"], on_circle(10, 60), ["mug", "lamp"], k=2).margins()[0] < 0


def test_without_a_wrong_result_the_last_score_bounds_the_margin():
    ranking = rank(on_circle(0), ["mug"], on_circle(*range(0, 55, 5)), ["mug"] * 10 + ["lamp"], k=2)
    assert ranking.margins()[0] == pytest.approx(1 - np.cos(np.radians(45)))


@given(st.permutations(range(12)))
def test_the_order_of_the_pictures_does_not_change_the_metrics(order):
    vectors, labels = on_circle(*np.arange(12) ** 2), np.repeat(list("abcd"), 3)
    straight = rank_leave_one_out(vectors, labels.tolist(), 3).metrics(3)
    shuffled = rank_leave_one_out(vectors[order], labels[order].tolist(), 3).metrics(3)
    assert {name: value[order].tolist() for name, value in straight.items()} == {
        name: value.tolist() for name, value in shuffled.items()
    }


@given(st.permutations(range(9)))
def test_the_order_of_the_index_does_not_change_the_metrics(order):
    index, labels = on_circle(*np.arange(9) ** 2), np.repeat(list("abc"), 3)
    asked = on_circle(7, 33), ["a", "c"]
    straight = rank(*asked, index, labels.tolist(), 3).metrics(3)
    shuffled = rank(*asked, index[order], labels[order].tolist(), 3).metrics(3)
    assert {name: value.tolist() for name, value in straight.items()} == {
        name: value.tolist() for name, value in shuffled.items()
    }


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_a_query_asked_again_is_answered_again(asked):
    queries, labels = on_circle(0, 20, 40, 60), list("abab")
    index = on_circle(*range(3, 63, 5)), list("abcabcabcabc")
    once, again = rank(queries, labels, *index, 4), rank(queries[asked], [labels[i] for i in asked], *index, 4)
    assert again.positions.tolist() == once.positions[asked].tolist()
    assert {name: value.tolist() for name, value in again.metrics(3).items()} == {
        name: value[asked].tolist() for name, value in once.metrics(3).items()
    }


@pytest.mark.parametrize("numbers", [1, 40, 10_000])
def test_how_many_are_ranked_at_once_does_not_change_what_comes_out(monkeypatch, numbers):
    # Of whole numbers every sum is exact, whichever way it is taken.
    vectors = np.random.default_rng(0).integers(-3, 4, size=(60, 8)).astype(np.float32)
    labels = [*(str(number % 7) for number in range(55)), *[None] * 5]
    apart, together = rank(vectors[:20], labels[:20], vectors, labels, 4), rank_leave_one_out(vectors, labels, 4)
    monkeypatch.setattr(f"{RANKING}.NUMBERS_AT_ONCE", numbers)
    assert lists(apart) == lists(rank(vectors[:20], labels[:20], vectors, labels, 4))
    assert lists(together) == lists(again := rank_leave_one_out(vectors, labels, 4))
    assert {name: value.tolist() for name, value in together.metrics(4).items()} == {
        name: value.tolist() for name, value in again.metrics(4).items()
    }


def test_blocks_of_which_one_has_four_images_a_label_give_no_ns_score(monkeypatch):
    monkeypatch.setattr(f"{RANKING}.NUMBERS_AT_ONCE", 1)
    vectors, four = on_circle(*range(0, 36, 4)), ["a"] * 4 + ["b"] * 4
    assert "ns_score" in rank_leave_one_out(vectors[:8], four, 2).metrics(2)
    assert "ns_score" not in rank_leave_one_out(vectors, [*four, "b"], 2).metrics(2)


def test_who_watches_sees_every_judged_query_once(monkeypatch):
    monkeypatch.setattr(f"{RANKING}.QUERIES_AT_ONCE", 2)
    seen = []

    def watched(blocks):
        for block in blocks:
            yield block
            seen.append(block.tolist())

    rank_leave_one_out(on_circle(*range(6)), ["a", "a", None, "b", "b", "b"], 1, watched)
    assert seen == [[0, 1], [3, 4], [5]]


def test_the_index_is_compared_as_a_whole_where_it_is_small():
    ranking = rank(on_circle(0), ["mug"], on_circle(5, 80), ["mug", "lamp"], k=1)
    assert (ranking.method, ranking.recall) == ("exact", 1.0)


def test_a_k_larger_than_the_index_is_refused():
    with pytest.raises(UserError) as error:
        rank(on_circle(0), ["mug"], on_circle(1), ["mug"], k=2)
    assert str(error.value) == "k is 2 but the index holds 1 images; pass a k of 1 or less"


def test_a_vector_that_is_not_finite_is_refused():
    with pytest.raises(LookalikeError) as error:
        rank_leave_one_out(np.array([[1, 0], [np.inf, 0]], dtype=np.float32), ["mug", "mug"], k=1)
    assert str(error.value).startswith("index vector 1 holds a value that is not a finite number; ")


@given(st.integers(3, 12), st.integers(1, 4), st.integers(0, 1000))
def test_a_picture_is_left_out_of_its_own_results_wherever_it_stands(pictures, k, seed):
    """Against plain loops: rows show pictures, some of them more than one row, under one label or another."""
    random = np.random.default_rng(seed)
    shown = np.append(np.arange(pictures), random.integers(pictures, size=4))
    vectors = random.normal(size=(pictures, 3)).astype(np.float32)[shown]
    labels = random.choice(["a", "b"], len(shown))
    depth = min(k, len(shown) - np.bincount(shown).max())
    labels[:3] = "a"  # three different pictures of one label, so that some query can be judged
    ranking = rank_leave_one_out(vectors, labels.tolist(), depth, pictures=shown)
    for row, query in enumerate(ranking.judged):
        others = [other for other in range(len(shown)) if shown[other] != shown[query]]
        order = sorted(others, key=lambda other: -float(vectors[query] @ vectors[other]))
        assert ranking.relevant[row] == sum(labels[other] == labels[query] for other in others)
        assert ranking.scores[row] == pytest.approx(vectors[order[:depth]] @ vectors[query], abs=1e-5)
        assert not np.isin(ranking.positions[row], np.flatnonzero(shown == shown[query])).any()


def test_a_copy_of_the_query_in_the_index_is_no_hit():
    shown = Shown(np.array([0]), np.array([0, 1, 2]))
    ranking = rank(on_circle(0), ["mug"], on_circle(0, 10, 20), ["mug", "lamp", "mug"], 2, shown=shown)
    assert (ranking.positions.tolist(), ranking.relevant.tolist()) == ([[1, 2]], [1])
