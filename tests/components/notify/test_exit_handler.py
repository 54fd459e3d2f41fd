"""The component as the exit handler of a pipeline that kfp.local runs, in processes of its own."""

import json

import pytest
from kfp import dsl, local
from web_server import Answer

from lookalike_components.notify.component import notify

PATH = "/services/T0/B0/s3cr3t"


@dsl.component(base_image="python", install_kfp_package=False)
def work(fail: bool) -> None:
    if fail:
        raise SystemExit(1)


@dsl.pipeline
def watched(fail: bool, when: str, payload: str):
    told = notify(run="shoes", run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, when=when, payload=payload)
    with dsl.ExitHandler(told, name="run"):
        work(fail=fail)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path), raise_on_error=True)

    def run(fail=False, when="failure", payload="slack"):
        watched(fail=fail, when=when, payload=payload)

    return run


def test_a_run_that_fails_is_told_and_its_address_is_not_in_the_log(webhook, run, capfd):
    with pytest.raises(RuntimeError):
        run(fail=True)
    (request,) = webhook.requests
    text = json.loads(request.body)["text"]
    assert text.startswith("lookalike: shoes (")
    assert text.endswith(") failed: Task exit-handler-1 failed.")
    log = "".join(capfd.readouterr())
    assert "told the webhook" in log
    assert "s3cr3t" not in log


def test_a_run_that_ends_well_is_told_where_that_is_asked_for(webhook, run):
    run()
    assert webhook.requests == []
    run(when="always", payload="cloudevents")
    (request,) = webhook.requests
    assert json.loads(request.body)["type"] == "lookalike.run.succeeded"


def test_a_notice_that_is_refused_is_one_sentence_in_the_log(webhook, run, capfd):
    webhook[PATH] = Answer(410)
    with pytest.raises(RuntimeError, match="notify"):
        run(when="always")
    log = "".join(capfd.readouterr())
    assert "error: the webhook answers 410 (Gone); check the URL in LOOKALIKE_WEBHOOK" in log
    assert "Traceback" not in log
    assert "s3cr3t" not in log
