import errno
import json
import os

import pytest

from lookalike_components.errors import UserError
from lookalike_components.progress import LIVE, describe, last_failure, record, step, track


@pytest.fixture
def live(tmp_path, monkeypatch):
    monkeypatch.setenv(LIVE, str(tmp_path))
    return tmp_path


def events(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_a_step_tells_that_it_started_what_it_found_and_where_it_wrote(live):
    with step("label", labelled="/somewhere/labelled") as facts:
        facts["labels"] = 41
    started, finished = events(live)
    assert (started["step"], started["status"]) == ("label", "started")
    assert (finished["status"], finished["facts"]) == ("finished", {"labels": 41})
    assert finished["outputs"] == {"labelled": "/somewhere/labelled"}


def test_a_foreseen_failure_ends_the_process_with_one_sentence_and_its_exit_code(live, capsys):
    with pytest.raises(SystemExit) as ended, step("label"):
        raise UserError("photos holds one label; two are needed")
    assert ended.value.code == 2
    assert events(live)[-1]["message"] == "photos holds one label; two are needed"
    assert capsys.readouterr().err.endswith("label     error: photos holds one label; two are needed\n")


def test_a_step_that_failed_tells_of_the_files_that_it_had_written(live, tmp_path):
    page, table = tmp_path / "page", tmp_path / "table"
    page.write_text("leaks")
    with pytest.raises(SystemExit), step("split", page=str(page), table=str(table)):
        raise UserError("images of the test are also in training")
    assert events(live)[-1]["outputs"] == {"page": str(page)}


def test_a_full_disk_is_foreseen(live):
    with pytest.raises(SystemExit) as ended, step("ingest"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert ended.value.code == 1
    assert "No space left on device" in events(live)[-1]["message"]


def test_a_bug_keeps_its_traceback(live):
    with pytest.raises(ZeroDivisionError), step("train"):
        1 / 0  # noqa: B018


def test_without_a_live_folder_only_the_log_remains(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(LIVE, raising=False)
    with step("split"):
        pass
    assert "split     finished in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_tracking_passes_everything_on_and_reports_the_end(live):
    with step("train"):
        assert list(track(range(10), total=10, what="steps")) == list(range(10))
    progress = [event for event in events(live) if event["status"] == "progress"]
    assert (progress[-1]["done"], progress[-1]["total"], progress[-1]["what"]) == (10, 10, "steps")


def test_the_last_batch_may_be_smaller_than_the_others(live):
    list(track([1, 2, 3], total=7, what="images", each=3))
    assert events(live)[-1]["done"] == 7


def test_history_goes_to_the_artifact_and_to_the_live_folder(live, tmp_path):
    artifact = tmp_path / "artifact.jsonl"
    record(artifact, {"epoch": 1, "loss": 0.5})
    assert artifact.read_text() == (live / "history.jsonl").read_text() == '{"epoch": 1, "loss": 0.5}\n'


def test_facts_read_like_a_sentence():
    facts = {"images": 1640, "loss": 0.123456, "largest_difference": 3.8e-7, "verdict": "promoted"}
    assert describe(facts) == "1,640 images, loss 0.123, largest difference 3.8e-07, verdict promoted"


def test_facts_are_written_to_the_metrics_artifact_so_that_a_cache_finds_its_file(tmp_path):
    with step("label", metrics=str(tmp_path / "metrics")) as facts:
        facts["labels"] = 41
    assert json.loads((tmp_path / "metrics").read_text()) == {"labels": 41}


def test_the_last_failure_is_that_of_a_step_that_was_not_tried_again(live):
    assert last_failure() == ""
    for name in ("label", "split"):
        with pytest.raises(SystemExit), step(name):
            raise UserError(f"{name} broke")
    assert last_failure() == "split: split broke"
    with step("split"):
        pass
    assert last_failure() == "label: label broke"


def test_without_a_run_that_follows_there_is_no_last_failure(monkeypatch):
    monkeypatch.delenv(LIVE, raising=False)
    assert last_failure() == ""
