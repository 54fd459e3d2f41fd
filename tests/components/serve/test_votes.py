import pytest

from lookalike_components.serve.collection.votes import vote


def test_neighbours_vote_with_their_scores():
    assert vote(["mug", "bowl", "bowl"], [0.9, 0.5, 0.2]) == ("mug", pytest.approx(0.9 / 1.6))
    assert vote(["mug", "bowl", "bowl"], [0.9, 0.6, 0.5]) == ("bowl", pytest.approx(1.1 / 2.0))


def test_who_has_no_label_or_no_likeness_does_not_vote():
    assert vote(["", "mug", "bowl", ""], [0.9, 0.3, -0.2, -1.0]) == ("mug", 1.0)


def test_among_equals_the_nearest_wins():
    assert vote(["mug", "bowl"], [0.5, 0.5]) == ("mug", 0.5)


def test_nobody_may_vote():
    assert vote(["", "mug"], [0.9, 0.0]) == ("", 0.0)
    assert vote([], []) == ("", 0.0)
