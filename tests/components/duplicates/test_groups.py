import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.duplicates import groups, linked

ROWS = 12
PAIRS = st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), max_size=12)


def numbered(pairs: list[tuple[int, int]]) -> list[int]:
    return groups(pd.DataFrame(pairs, columns=["first", "second"]), ROWS).tolist()


def connected(pairs: list[tuple[int, int]], start: int) -> set[int]:
    seen, ahead = {start}, [start]
    while ahead:
        row = ahead.pop()
        beside = {second for first, second in pairs if first == row} | {
            first for first, second in pairs if second == row
        }
        ahead.extend(beside - seen)
        seen |= beside
    return seen


@given(PAIRS)
def test_a_group_is_all_that_hangs_together_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    assert numbered(pairs) == [min(connected(pairs, row)) for row in range(ROWS)]


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_and_direction_of_pairs_do_not_matter(pairs: list[tuple[int, int]], random: object) -> None:
    turned = [(second, first) for first, second in pairs]
    random.shuffle(turned)
    assert numbered(turned) == numbered(pairs)


def test_members_of_a_component_share_the_name_of_one_of_them() -> None:
    found = linked([("a", "b"), ("c", "d"), ("b", "c"), ("x", "y")])
    assert len({found[name] for name in "abcd"}) == 1
    assert found["a"] in set("abcd")
    assert found["x"] == found["y"] != found["a"]
