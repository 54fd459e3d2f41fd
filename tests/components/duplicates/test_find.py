from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike_components.duplicates import find_duplicates, groups
from lookalike_components.duplicates.candidates import REPRESENTATIVES, by_hash
from lookalike_components.errors import UserError

Album = Callable[..., pd.DataFrame]
Files = dict[str, bytes]


@pytest.fixture
def files(scene: Callable, saved: Callable) -> Files:
    """Four pictures; b.jpg is a.png again, c.png the very same file."""
    return {
        "a.png": saved(scene(0)),
        "other.png": saved(scene(1)),
        "b.jpg": saved(scene(0), "JPEG", quality=60),
        "c.png": saved(scene(0)),
    }


def told(pairs: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(pairs[["uri_first", "uri_second", "kind", "found_by"]].itertuples(index=False, name=None))


def test_copies_and_near_copies_are_found_and_said_apart(album: Album, files: Files) -> None:
    pairs = find_duplicates(album(files, label=["x", "y", "x", "z"]))
    assert told(pairs) == [("a.png", "b.jpg", "near", "hash"), ("a.png", "c.png", "exact", "bytes")]
    assert pairs["likeness"].between(0.975, 1).all()
    assert pairs[["first", "second", "label_first", "label_second"]].to_numpy().tolist() == [
        [0, 2, "x", "x"],
        [0, 3, "x", "z"],
    ]


def test_nearly_the_same_need_not_count(album: Album, files: Files) -> None:
    assert told(find_duplicates(album(files), near=False)) == [("a.png", "c.png", "exact", "bytes")]


def test_only_pairs_between_two_sides_are_looked_for(album: Album, files: Files) -> None:
    sides = np.array([2]), np.array([0, 1, 3])
    pairs = find_duplicates(album(files), sides)
    assert told(pairs)[0] == ("b.jpg", "a.png", "near", "hash")
    assert set(pairs["first"]) == {2}


def test_every_picture_of_the_left_side_that_the_right_has_is_told(album: Album, files: Files) -> None:
    """What is on the right once is found for all of its copies on the left, under whatever label."""
    copies = {f"{number}.png": files["a.png"] for number in range(40)}
    table = album({**copies, "t.png": files["a.png"], "u.jpg": files["b.jpg"]}, label=["x", "y"] * 21)
    pairs = find_duplicates(table, (np.arange(40), np.array([40, 41])))
    assert set(pairs.loc[pairs["kind"] == "exact", "first"]) == set(range(40))
    assert set(pairs.loc[pairs["kind"] == "near", "first"]) == set(range(40))
    assert len(pairs) == 80


def test_a_picture_whose_hash_is_not_known_is_not_read(album: Album, files: Files) -> None:
    table = album(files).assign(perceptual_hash=None, shard="/nowhere/0.tar")
    assert told(find_duplicates(table)) == [("a.png", "c.png", "exact", "bytes")]


def test_a_picture_that_has_to_be_looked_at_and_is_gone_is_one_sentence(album: Album, files: Files) -> None:
    with pytest.raises(UserError, match=r"/nowhere/0\.tar does not exist"):
        find_duplicates(album(files).assign(shard="/nowhere/0.tar"))


def test_nothing_to_find_is_an_empty_table(album: Album, files: Files) -> None:
    table = album(files)
    for rows in (table.iloc[:0], table.iloc[:2]):
        assert find_duplicates(rows.reset_index(drop=True)).empty


def test_alike_hashes_alone_do_not_make_a_duplicate(album: Album, scene: Callable, saved: Callable) -> None:
    table = album({f"{seed}.png": saved(scene(seed)) for seed in range(6)}).assign(perceptual_hash="0" * 16)
    assert find_duplicates(table).empty


def coded(hashes: list[str], labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"perceptual_hash": hashes, "label": labels})


def test_thousands_of_pictures_with_one_hash_are_compared_with_a_few_of_them() -> None:
    table = coded(["00ff" * 4] * 5000, ["x"] * 5000)
    rows = np.arange(5000)
    pairs = np.concatenate(list(by_hash(table, rows, rows)))
    assert len(pairs) <= 5000 * REPRESENTATIVES
    members = groups(pd.DataFrame(pairs, columns=["first", "second"]), 5000)
    assert set(members) == {0}


def test_across_two_sides_pictures_of_the_own_label_are_always_compared() -> None:
    labels = [f"thing-{number}" for number in range(50)]
    table = coded(["00ff" * 4] * 100, labels * 2)
    pairs = np.concatenate(list(by_hash(table, np.arange(50), np.arange(50, 100))))
    assert {(row, row + 50) for row in range(50)} <= set(map(tuple, pairs.tolist()))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["0" * 16, "0" * 15 + "1", "f" * 16, None]), min_size=1, max_size=12))
def test_pairs_go_upwards_and_come_once_a_block(hashes: list[str | None]) -> None:
    rows = np.arange(len(hashes))
    for pairs in by_hash(coded(hashes, ["x"] * len(hashes)), rows, rows):
        assert (pairs[:, 0] < pairs[:, 1]).all()
        assert len(np.unique(pairs, axis=0)) == len(pairs)
