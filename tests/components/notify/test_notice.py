import json

import pytest
from cloudevents.http import from_http

from lookalike_components.notify.config import NotifyConfig
from lookalike_components.notify.notice import LONGEST_MESSAGE, Ending, cloud_event, slack_message
from lookalike_components.progress import LIVE, step

SHOES = NotifyConfig(run="shoes", run_id="1f0c")


def fail(name, error):
    with pytest.raises(SystemExit), step(name):
        raise error


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        ("SUCCEEDED", "succeeded"),
        ("COMPLETE", "succeeded"),
        ("FAILED", "failed"),
        ("CANCELED", "cancelled"),
        ("CANCELLED", "cancelled"),
        ("RUNNING", "running"),
    ],
)
def test_kfps_words_become_ours_and_unknown_ones_stay(state, ended):
    assert Ending.of(state, None, SHOES).state == ended


def test_what_kfp_knows_of_a_failure_is_told():
    assert Ending.of("FAILED", "Task train failed.", SHOES).message == "Task train failed."


def test_in_a_local_run_the_sentence_of_the_step_that_failed_last_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv(LIVE, str(tmp_path))
    fail("ingest", OSError(28, "No space left on device"))
    with step("ingest"):
        pass
    fail("train", OSError(5, "Input/output error"))
    with (tmp_path / "events.jsonl").open("a") as events:
        events.write('{"step": "notify", "stat\n')
    ending = Ending.of("FAILED", "Task exit-handler-1 failed.", SHOES)
    assert ending.message == "train: [Errno 5] Input/output error"


def test_a_run_that_ended_well_has_no_message_of_an_earlier_attempt(tmp_path, monkeypatch):
    monkeypatch.setenv(LIVE, str(tmp_path))
    fail("train", OSError(5, "Input/output error"))
    assert Ending.of("SUCCEEDED", None, SHOES).message == ""


def test_a_message_has_a_limit():
    assert len(Ending.of("FAILED", "m" * 100_000, SHOES).message) == LONGEST_MESSAGE


def test_a_message_to_slack_names_the_run_its_end_and_why():
    notice = slack_message(Ending.of("FAILED", "the weights are not there", SHOES))
    assert notice == ("application/json", {"text": "lookalike: shoes (1f0c) failed: the weights are not there"})


def test_nothing_in_a_message_to_slack_is_taken_for_a_link_or_a_mention():
    text = slack_message(Ending.of("FAILED", "<!channel> R&D", NotifyConfig(run="a<b")))[1]["text"]
    assert text == "lookalike: a&lt;b failed: &lt;!channel&gt; R&amp;D"


def test_the_cloudevents_sdk_reads_the_event_and_knows_every_attribute():
    ending = Ending.of("FAILED", "the weights are not there", SHOES)
    media_type, body = cloud_event(ending)
    event = from_http({"content-type": media_type}, json.dumps(body))
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "lookalike.run.failed", "shoes")
    assert (event["id"], event["source"]) == ("1f0c/failed", "lookalike")
    assert event.data == {"run": "shoes", "run_id": "1f0c", "state": "failed", "message": "the weights are not there"}
    assert event["time"].endswith("+00:00")


def test_events_of_runs_without_an_id_are_told_apart():
    ending = Ending.of("FAILED", None, NotifyConfig())
    assert cloud_event(ending).body["id"] != cloud_event(ending).body["id"]
