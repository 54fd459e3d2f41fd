"""Several requests under way at once, their answers in order, and no more read ahead than is under way."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_order(function: Callable[[Item], Answer], items: Iterable[Item], at_once: int) -> Iterator[Answer]:
    """What ``function`` gives for each item, in their order, from up to ``at_once`` threads."""
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2:  # a single request, as most are, waits for no thread
        yield from map(function, first)
        return
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(at_once) as threads:
        try:
            for item in chain(first, source):
                waiting.append(threads.submit(function, item))
                if len(waiting) >= at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


async def in_order_async(
    function: Callable[[Item], Awaitable[Answer]], items: Iterable[Item], at_once: int
) -> AsyncIterator[Answer]:
    """The same for coroutines; the items are read in a thread, as they come from files."""
    source = iter(items)
    waiting: deque[asyncio.Task[Answer]] = deque()
    try:
        while (item := await asyncio.to_thread(next, source, None)) is not None:
            waiting.append(asyncio.ensure_future(function(item)))
            if len(waiting) >= at_once:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
