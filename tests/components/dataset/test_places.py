import numpy as np
import pytest

from lookalike_components.dataset import Contents, Places, as_ids


def digest(letter: str) -> str:
    return letter * 64


def contents(shard: str, letters: str) -> Contents:
    size = len(letters)
    return Contents(shard, as_ids([digest(letter) for letter in letters]), np.arange(size) * 100, np.full(size, 10))


def shards_of(places: Places, letters: str) -> list[str]:
    return places.at(places.find(as_ids([digest(letter) for letter in letters])))["shard"].tolist()


def test_images_are_found_by_their_ids() -> None:
    places = Places.of([contents("one.tar", "db"), contents("two.tar", "c")])
    assert places.find(as_ids([digest("b"), digest("a"), digest("e"), ""])).tolist() == [0, -1, -1, -1]
    found = places.at(places.find(as_ids([digest("d"), digest("b")])))
    assert found.to_dict("list") == {"shard": ["one.tar"] * 2, "offset": [0, 100], "nbytes": [10, 10]}


def test_a_new_shard_leaves_the_others_where_they_are() -> None:
    places = Places.of([contents("two.tar", "ec")]).with_shard(contents("one.tar", "fadb"))
    assert shards_of(places, "abcdef") == ["one.tar", "one.tar", "two.tar", "one.tar", "two.tar", "one.tar"]
    assert places.at(places.find(as_ids([digest("b")])))["offset"].tolist() == [300]
    assert len(places) == 6


@pytest.mark.parametrize("order", [1, -1])
def test_an_image_in_two_shards_is_that_of_the_first_by_name(order: int) -> None:
    places = Places.of([contents("one.tar", "ab"), contents("two.tar", "bc")][::order])
    assert shards_of(places, "abc") == ["one.tar", "one.tar", "two.tar"]


def test_an_empty_store_holds_nothing() -> None:
    assert Places.none().find(as_ids([digest("a")])).tolist() == [-1]
    assert Places.none().at(np.empty(0, np.int64)).to_dict("list") == {"shard": [], "offset": [], "nbytes": []}


def test_an_id_that_ends_in_zeros_is_itself() -> None:
    places = Places.of([Contents("one.tar", as_ids(["a" + "0" * 63]), np.array([7]), np.array([1]))])
    assert places.find(as_ids(["a" + "0" * 63, "a"])).tolist() == [0, -1]
