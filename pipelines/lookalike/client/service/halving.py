"""A request that is refused for one of its images, asked again in halves until that one is found."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lookalike.client.service.refusals import ServiceError

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def halved(
    ask: Callable[[Sequence[Item]], Answer], items: Sequence[Item]
) -> Iterator[tuple[Sequence[Item], Answer | ServiceError]]:
    """The answers for some items together, without those that the server refuses.

    Args:
        ask: Sends one request about all items that it is given.
        items: One or more.

    Yields:
        Items in their order with the answer to them; one that is refused stands alone, with the refusal.

    Raises:
        ServiceError: It says something else than that an image is refused.
    """
    try:
        answer = ask(items)
    except ServiceError as error:
        if not error.is_about_images:
            raise
        if len(items) == 1:
            yield items, error
            return
    else:
        yield items, answer
        return
    half = len(items) // 2
    yield from halved(ask, items[:half])
    yield from halved(ask, items[half:])
