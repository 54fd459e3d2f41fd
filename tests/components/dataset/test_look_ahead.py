import threading
from collections.abc import Iterator

import pytest

from lookalike_components.dataset import in_order
from lookalike_components.dataset.look_ahead import AHEAD_PER_THREAD, MOST_THREADS


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
