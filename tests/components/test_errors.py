import pytest

from lookalike_components.errors import LookalikeError, UserError, listed


def test_a_users_error_cannot_be_helped_by_a_retry_and_says_so_in_its_exit_code():
    assert (LookalikeError.exit_code, UserError.exit_code) == (1, 2)


@pytest.mark.parametrize(
    ("items", "words"),
    [([], ""), (["mug"], "mug"), (["mug", "lamp"], "mug, lamp"), (list("abcdefg"), "a, b, c, d, e and 2 more")],
)
def test_a_list_in_a_sentence_names_the_first_and_counts_the_rest(items, words):
    assert listed(items) == words
