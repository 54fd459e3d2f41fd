from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike_components.duplicates.hashes import MOST_DIFFERENT_BITS, PARTS, Codes, codes_of, near_codes

EACH_WITH_EACH, BY_PARTS = 2**40, 0
SPREADS = sorted({*permutations([0, 2, 2, 2, 2, 2]), *permutations([1, 1, 2, 2, 2, 2])})  # ten bits over six parts


def flipped(code: int, bits: set[int]) -> int:
    return code ^ sum(1 << bit for bit in bits)


@st.composite
def clustered_codes(draw: st.DrawFn) -> Codes:
    """Codes around few centres, so that many lie just within reach of each other, or just beyond."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3))
    moves = st.sets(st.integers(0, 63), max_size=MOST_DIFFERENT_BITS + 2)
    codes = {flipped(centre, draw(moves)) for centre in centres for _ in range(draw(st.integers(1, 6)))}
    return codes_of([f"{code:016x}" for code in sorted(codes)])


def each_with_each(queries: Codes, index: Codes) -> list[tuple[int, int]]:
    different = np.unpackbits(queries[:, None] ^ index[None], axis=2).sum(axis=2)
    return [(int(row), int(found)) for row, found in np.argwhere(different <= MOST_DIFFERENT_BITS)]


@settings(deadline=None, max_examples=40)
@given(queries=clustered_codes(), index=clustered_codes(), comparisons=st.sampled_from([EACH_WITH_EACH, BY_PARTS]))
def test_the_same_codes_are_found_as_by_comparing_each_with_each(
    queries: Codes, index: Codes, comparisons: int
) -> None:
    index = np.unique(np.concatenate([index, queries[::2]]), axis=0)
    found = near_codes(queries, index, most=len(index), comparisons_at_once=comparisons)
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == each_with_each(queries, index)


@pytest.mark.parametrize("counts", SPREADS)
def test_ten_bits_are_found_however_they_are_spread_over_the_parts(counts: tuple[int, ...]) -> None:
    bits = {part + PARTS * number for part, count in enumerate(counts) for number in range(count)}
    codes = codes_of(["0" * 16, f"{flipped(0, bits):016x}"])
    assert [rows.tolist() for rows in near_codes(codes[:1], codes[1:], comparisons_at_once=BY_PARTS)] == [[0], [0]]


@pytest.mark.parametrize("comparisons", [EACH_WITH_EACH, BY_PARTS])
def test_of_many_near_codes_the_nearest_are_kept(comparisons: int) -> None:
    index = codes_of([f"{(1 << ones) - 1:016x}" for ones in range(12)])
    _, found = near_codes(index[:1], index, most=4, comparisons_at_once=comparisons)
    assert found.tolist() == [0, 1, 2, 3]


def test_nothing_is_near_where_there_is_nothing() -> None:
    codes = codes_of(["0" * 16])
    assert [len(rows) for rows in near_codes(codes, codes[:0])] == [0, 0]


def test_the_digits_are_the_bits() -> None:
    assert codes_of(["00000000000000ff", "8000000000000000"]).tolist() == [[0] * 7 + [255], [128] + [0] * 7]
