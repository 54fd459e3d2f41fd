"""A request to stop unwinds a process, or waits for a good place where the work has one."""

import os
import signal

import pytest

from lookalike_components.train.distributed.stopping import stop_put_off, unwound_when_stopped


def asked_to_stop_in_the_middle(done: list[str]) -> None:
    done.append("before")
    os.kill(os.getpid(), signal.SIGTERM)
    done.append("after")


def putting_it_off(done: list[str]) -> None:
    with stop_put_off() as asked:
        assert not asked()
        asked_to_stop_in_the_middle(done)
        assert asked()


def test_a_request_unwinds_at_once():
    done: list[str] = []
    with pytest.raises(SystemExit) as ended, unwound_when_stopped():
        asked_to_stop_in_the_middle(done)
    assert (ended.value.code, done) == (143, ["before"])


def test_a_request_that_is_put_off_lets_the_block_go_to_its_end():
    done: list[str] = []
    with pytest.raises(SystemExit) as ended:
        putting_it_off(done)
    assert (ended.value.code, done) == (143, ["before", "after"])


def test_after_a_part_that_puts_it_off_a_request_unwinds_again():
    done: list[str] = []
    with unwound_when_stopped():
        with stop_put_off() as asked:
            assert not asked()
        with pytest.raises(SystemExit):
            asked_to_stop_in_the_middle(done)
    assert done == ["before"]


def test_afterwards_a_request_means_what_it_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with unwound_when_stopped(), stop_put_off():
        pass
    assert signal.getsignal(signal.SIGTERM) == before
