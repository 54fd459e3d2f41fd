import os
import subprocess
import sys

import pytest

from lookalike.backends.record import Process, RunRecord, Status
from lookalike_components.errors import UserError


def test_a_record_survives_writing_and_reading(tmp_path):
    record = RunRecord(name="mugs-1", config={"source": "mugs"}).write(tmp_path)
    assert RunRecord.read(tmp_path) == record


def test_writing_leaves_nothing_else_behind(tmp_path):
    RunRecord(name="mugs-1", config={}).write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(
        UserError, match=rf"there is no run called mugs-9 in {tmp_path}; `lookalike runs list` names them"
    ):
        RunRecord.read(tmp_path / "mugs-9")


def test_a_living_process_is_alive_and_a_dead_one_is_not():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = Process.of(child.pid)
    assert process.alive()
    child.kill()
    child.wait()
    assert not process.alive()


def test_another_process_of_the_same_number_is_not_mistaken_for_ours():
    assert not Process(pid=os.getpid(), started=1.0).alive()


def test_a_run_whose_process_is_gone_is_seen_as_failed():
    gone = Process(pid=os.getpid(), started=1.0)
    seen = RunRecord(name="mugs-1", config={}, status=Status.STARTED, process=gone).seen_from_outside()
    assert (seen.status, seen.exit_code) == (Status.FAILED, 1)
    assert "go on with --resume" in seen.error


def test_an_ended_run_stays_as_it_is():
    gone = Process(pid=os.getpid(), started=1.0)
    record = RunRecord(name="mugs-1", config={}, status=Status.FINISHED, process=gone)
    assert record.seen_from_outside() is record
