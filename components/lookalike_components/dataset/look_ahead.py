"""Work done by a few threads ahead of its consumer, in order and in bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST_THREADS = 8
AHEAD_PER_THREAD = 16


def in_order(function: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[Made]:
    """Maps ``function`` over ``items`` in threads; results come in the order of the items.

    At most sixteen items a thread are taken from ``items`` before the consumer asks for their results. An exception
    reaches the consumer at the place of the item that caused it.
    """
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    waiting = iter(items)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="look-ahead")
    try:
        begun: deque[Future[Made]] = deque()
        begun.extend(pool.submit(function, item) for item in islice(waiting, threads * AHEAD_PER_THREAD))
        while begun:
            made = begun.popleft().result()
            begun.extend(pool.submit(function, item) for item in islice(waiting, 1))
            yield made
    finally:
        pool.shutdown(cancel_futures=True)
