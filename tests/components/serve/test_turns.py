"""What takes longer than the event loop can wait for has a turn: bounded, in time, and for nobody who has left."""

import asyncio
import threading
from functools import partial

import pytest

from lookalike_components.serve.engine.deadline import NEVER, Deadline
from lookalike_components.serve.engine.turns import Turns
from lookalike_components.serve.refusals import Busy, TooLate


class Slow:
    """A function that returns when it may, and tells with what it was called."""

    def __init__(self):
        self.gate, self.entered, self.called = threading.Event(), threading.Event(), []

    def __call__(self, value):
        self.called.append(value)
        self.entered.set()
        assert self.gate.wait(timeout=30)
        return value

    async def is_entered(self):
        assert await asyncio.to_thread(self.entered.wait, 30)


@pytest.fixture
def slow():
    slow = Slow()
    yield slow
    slow.gate.set()


@pytest.fixture
def turns(slow):
    turns = Turns(4, threads=1, what="searches")
    yield turns
    slow.gate.set()
    turns.close()


async def left(turns, slow, value):
    """Takes three of the places behind what is under way, and leaves."""
    task = asyncio.create_task(turns.take(3, partial(slow, value)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


def test_what_waits_is_bounded_and_afterwards_there_is_room_again(turns, slow):
    async def ask():
        first = asyncio.create_task(turns.take(3, partial(slow, "first")))
        await slow.is_entered()
        with pytest.raises(Busy) as error:
            await turns.take(2, partial(slow, "second"))
        slow.gate.set()
        return await first, str(error.value), await turns.take(4, partial(slow, "third"))

    first, busy, third = asyncio.run(ask())
    assert busy == "the server is working on 3 searches and takes on no more than 4; try again in 1 s"
    assert (first, third) == ("first", "third")


async def all_have_had_their_turn(turns):
    while turns._admission.in_flight:  # what threads do has no event to wait for
        await asyncio.sleep(0.001)


def test_who_waits_is_told_in_time_and_what_is_late_is_not_begun(turns, slow):
    async def ask():
        first = asyncio.create_task(turns.take(1, partial(slow, "first")))
        await slow.is_entered()
        with pytest.raises(TooLate) as error, Deadline.after(0.05).held():
            await turns.take(1, partial(slow, "second"))
        slow.gate.set()
        await first
        await all_have_had_their_turn(turns)
        await turns.take(4, partial(slow, "third"))
        return str(error.value)

    late = asyncio.run(ask())
    assert late == "the request was not answered within 0.05 s; send fewer images or grant more time"
    assert slow.called == ["first", "third"]


def test_what_is_under_way_is_told_in_time_too(turns, slow):
    async def ask():
        with pytest.raises(TooLate), Deadline.after(0.05).held():
            await turns.take(1, partial(slow, "first"))

    asyncio.run(ask())
    assert slow.called == ["first"]


def test_who_left_is_not_worked_for_and_counts_until_the_turn_comes(turns, slow):
    async def ask():
        first = asyncio.create_task(turns.take(1, partial(slow, "first")))
        await slow.is_entered()
        await left(turns, slow, "second")
        with pytest.raises(Busy):
            await turns.take(1, partial(slow, "third"))
        slow.gate.set()
        await first
        await all_have_had_their_turn(turns)
        return await turns.take(4, partial(slow, "fourth"))

    assert asyncio.run(ask()) == "fourth"
    assert slow.called == ["first", "fourth"]


@pytest.mark.parametrize("count", [0, 5])
def test_more_than_may_ever_wait_has_its_turn_where_nothing_else_waits(turns, slow, count):
    slow.gate.set()
    assert asyncio.run(turns.take(count, partial(slow, "alone"))) == "alone"


def test_a_fault_reaches_who_asked(turns):
    with pytest.raises(ZeroDivisionError):
        asyncio.run(turns.take(1, partial(divmod, 1, 0)))


def test_a_time_limit_of_what_is_awaited_is_not_the_deadline():
    async def fails():
        raise TimeoutError("of the disk")

    with pytest.raises(TimeoutError, match="of the disk"):
        asyncio.run(Deadline.after(30).within(fails()))
    with pytest.raises(TimeoutError, match="of the disk"):
        asyncio.run(NEVER.within(fails()))
