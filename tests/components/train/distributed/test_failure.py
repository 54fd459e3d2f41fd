"""Of all that the processes of a training fell over, the root becomes the sentence."""

from pathlib import Path

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.distributed import failure
from lookalike_components.train.distributed.failure import Failure

LOST = RuntimeError("[pair.cc:534] Connection closed by peer [127.0.0.1]:4711")


def fail(folder: Path, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> LookalikeError | None:
    """What is told when process 0 falls over the first of these, then process 1 over the second, and so on."""
    for rank, error in enumerate(errors):
        monkeypatch.setenv("RANK", str(rank))
        Failure.of(error).write(str(folder))
    return failure.first(str(folder), processes=4)


def test_what_was_foreseen_goes_before_all_else(tmp_path: Path, monkeypatch):
    error = fail(tmp_path, monkeypatch, LOST, ValueError("odd"), UserError("lower the rate"))
    assert (type(error), str(error)) == (UserError, "lower the rate")


def test_what_was_not_is_told_with_its_kind_and_process(tmp_path: Path, monkeypatch):
    error = fail(tmp_path, monkeypatch, LOST, RuntimeError("CUDA out of memory.\nTried to allocate"))
    assert str(error) == (
        "process 1 of the training failed (RuntimeError: CUDA out of memory.); the log has the traceback, "
        "and where memory was short, more processes or smaller batches help"
    )


def test_of_two_alike_the_earlier_is_told(tmp_path: Path, monkeypatch):
    assert str(fail(tmp_path, monkeypatch, LookalikeError("first"), LookalikeError("second"))) == "first"


def test_a_full_disk_is_told_as_the_system_tells_it(tmp_path: Path, monkeypatch):
    error = fail(tmp_path, monkeypatch, OSError(28, "No space left on device"))
    assert (type(error), str(error)) == (LookalikeError, "[Errno 28] No space left on device")


def test_that_others_fell_over_the_silence_of_one_is_no_reason(tmp_path: Path, monkeypatch):
    assert fail(tmp_path, monkeypatch, LOST, LOST) is None
