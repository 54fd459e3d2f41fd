import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.queries import choose_queries

TEST = pd.DataFrame(
    {
        "label": ["mug", "mug", "lamp", "lamp", "lamp", "pen"],
        "position": [7, 3, 20, 21, 19, 5],
        "image_id": list("abcdef"),
    },
    index=[10, 11, 12, 13, 14, 15],
)


def chosen(**settings: object) -> dict[int, str]:
    return choose_queries(TEST, SplitConfig(**settings)).to_dict()


def test_every_image_is_searched_among_the_others_but_one_that_is_alone() -> None:
    assert chosen(queries="all") == {10: "query", 11: "query", 12: "query", 13: "query", 14: "query", 15: None}


def test_the_first_of_each_label_in_the_source_is_the_query_and_one_that_is_alone_distracts() -> None:
    assert chosen(queries="first") == {10: "index", 11: "query", 12: "index", 13: "index", 14: "query", 15: "index"}


def test_there_are_as_many_queries_as_wanted_while_one_image_stays_to_be_found() -> None:
    assert chosen(queries="first", queries_per_label=9) == {
        10: "index",
        11: "query",
        12: "query",
        13: "index",
        14: "query",
        15: "index",
    }


def test_random_queries_are_of_every_label_that_can_be_found() -> None:
    subsets = choose_queries(TEST, SplitConfig(queries="random"))
    assert sorted(TEST["label"][subsets == "query"]) == ["lamp", "mug"]


def test_random_queries_depend_on_the_seed_alone() -> None:
    draws = [tuple(choose_queries(TEST, SplitConfig(queries="random", seed=seed))) for seed in range(20)]
    assert draws == [tuple(choose_queries(TEST, SplitConfig(queries="random", seed=seed))) for seed in range(20)]
    assert len(set(draws)) > 1


def test_nothing_to_find_is_one_sentence() -> None:
    with pytest.raises(UserError) as error:
        choose_queries(TEST.drop_duplicates("label"), SplitConfig())
    assert str(error.value) == (
        "no test label has two images, so there is nothing to find; add images, or split by image"
    )


def test_copies_under_one_label_take_part_once() -> None:
    """The first in the source does; a copy under another label is another question."""
    copies = TEST.assign(image_id=["a", "a", "b", "c", "b", "a"])
    assert choose_queries(copies, SplitConfig(queries="first", queries_per_label=9)).to_dict() == {
        **{10: None, 11: "index", 12: None, 13: "index", 14: "query", 15: "index"}
    }


def test_two_copies_of_one_picture_are_nothing_to_find() -> None:
    with pytest.raises(UserError, match="no test label has two images, so there is nothing to find"):
        choose_queries(TEST[:2].assign(image_id="a"), SplitConfig())
