import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from lookalike_components.dataset import in_order
from lookalike_components.dataset.look_ahead import AHEAD_BYTES, AHEAD_PER_THREAD, MOST_THREADS


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(lambda number: number * number, range(1000))) == [number * number for number in range(1000)]


def test_an_endless_source_is_read_no_further_than_needed() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_order(str, endless())
    assert [next(results) for _ in range(3)] == ["1", "2", "3"]
    assert taken <= 3 + MOST_THREADS * AHEAD_PER_THREAD


def test_an_error_arrives_at_the_place_of_its_item() -> None:
    results = in_order(lambda number: 1 / number, [2, 1, 0, 1])
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_consumer_that_leaves_early_leaves_no_thread_behind() -> None:
    results = in_order(str, range(1000))
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("look-ahead")]


def test_large_results_are_made_no_further_ahead_than_their_bytes_allow() -> None:
    made = 0

    def large(_: int) -> int:
        nonlocal made
        made += 1
        return AHEAD_BYTES // 2

    results = in_order(large, range(1000), threads=1, size=lambda nbytes: nbytes)
    for _ in range(2 * AHEAD_PER_THREAD):  # the first are begun before anybody knows how large they are
        next(results)
    assert made <= 2 * AHEAD_PER_THREAD + 3


def test_what_is_expected_counts_before_it_is_there() -> None:
    begun = 0

    def counted() -> Iterator[int]:
        nonlocal begun
        for number in range(1000):
            begun += 1
            yield number

    results = in_order(str, counted(), threads=2, expected=lambda _: AHEAD_BYTES, size=len)
    assert next(results) == "0"
    assert begun <= 4


def test_one_result_that_is_larger_than_allowed_is_made_all_the_same() -> None:
    results = in_order(str, range(3), expected=lambda _: 10 * AHEAD_BYTES, size=lambda _: 10 * AHEAD_BYTES)
    assert list(results) == ["0", "1", "2"]


@pytest.mark.parametrize("leaving", ["early", "by an error", "at the end"])
def test_who_leaves_early_has_the_rest_given_up(leaving: str) -> None:
    given_up = threading.Event()

    def wait(seconds: float) -> None:
        if leaving == "by an error":
            raise ValueError
        given_up.wait(seconds)

    results = in_order(wait, [0, 0] if leaving == "at the end" else [0, 60], threads=2, give_up=given_up.set)
    with closing(results), suppress(ValueError):
        for _ in results:
            if leaving == "early":
                break
    assert given_up.is_set() == (leaving != "at the end")
