"""Work done by a few threads ahead of its consumer, in order and in bounded memory."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST_THREADS = 8
AHEAD_PER_THREAD = 16
AHEAD_BYTES = 128 * 2**20
FIRST_GUESS = 4 * 2**20  # of the size of a result, as long as there is none


def in_order(
    function: Callable[[Given], Made],
    items: Iterable[Given],
    *,
    threads: int = 0,
    expected: Callable[[Given], int] = lambda _: 0,
    size: Callable[[Made], int] = lambda _: 0,
    give_up: Callable[[], None] = lambda: None,
) -> Generator[Made]:
    """Maps ``function`` over ``items`` in threads; results come in the order of the items.

    At most sixteen items a thread, and no more than 128 MiB as far as that can be foreseen, are taken from ``items``
    before the consumer asks for their results. An exception reaches the consumer at the place of the item that caused
    it.

    Args:
        function: What is done to an item; called from several threads at once.
        items: What it is done to; may be endless.
        threads: How many work at once; 0 means one for each core, up to eight.
        expected: Size of an item's result in bytes, before it is there; 0 where nobody knows, which counts as the mean
            of those that are.
        size: Size of a result in bytes.
        give_up: Called when the rest is not wanted, after Ctrl-C for one: what is under way, which is waited for, can
            end early.
    """
    threads = threads or min(MOST_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="look-ahead")
    try:
        yield from _Ahead(pool, function, expected, size).results(iter(items), threads * AHEAD_PER_THREAD)
    except BaseException:
        give_up()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Ahead(Generic[Given, Made]):
    """What was begun and is not consumed yet, with the bytes that it takes or is expected to take."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        function: Callable[[Given], Made],
        expected: Callable[[Given], int],
        size: Callable[[Made], int],
    ) -> None:
        self._pool, self._function, self._expected, self._size = pool, function, expected, size
        self._begun: deque[Future[Made]] = deque()
        self._ahead = self._made = self._made_bytes = 0
        self._counting = threading.Lock()

    def results(self, items: Iterator[Given], most: int) -> Iterator[Made]:
        self._begin(items, most)
        while self._begun:
            made = self._begun.popleft().result()
            self._count(-self._size(made))
            self._begin(items, most)
            yield made

    def _begin(self, items: Iterator[Given], most: int) -> None:
        while not self._begun or (len(self._begun) < most and self._ahead < AHEAD_BYTES):
            try:
                item = next(items)
            except StopIteration:
                return
            expected = self._expected(item) or self._mean()
            self._count(expected)
            self._begun.append(self._pool.submit(self._make, item, expected))

    def _mean(self) -> int:
        return self._made_bytes // self._made if self._made else FIRST_GUESS

    def _make(self, item: Given, expected: int) -> Made:
        made = self._function(item)
        nbytes = self._size(made)
        self._count(nbytes - expected, made=1, made_bytes=nbytes)
        return made

    def _count(self, ahead: int, made: int = 0, made_bytes: int = 0) -> None:
        with self._counting:
            self._ahead += ahead
            self._made += made
            self._made_bytes += made_bytes
