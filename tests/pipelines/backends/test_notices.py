"""Whom a local run tells how it ended, and what becomes of it where nobody can be told."""

import json
import shutil

import pytest
from web_server import Answer, serving

import lookalike
from lookalike.backends import Status

pytestmark = pytest.mark.slow

PATH = "/services/T0/B0/s3cr3t"


@pytest.fixture(scope="module")
def webhook():
    with serving() as site, pytest.MonkeyPatch.context() as environment:
        site[PATH] = Answer(200)
        environment.setenv("LOOKALIKE_WEBHOOK", site.url + PATH)
        yield site


@pytest.fixture(scope="module")
def fit(photos, weights, tmp_path_factory):
    """Runs the pipeline on a few labels; a single one is refused."""

    def fit(name, labels, **settings):
        folder = tmp_path_factory.mktemp(name)
        for label in range(labels):
            shutil.copytree(photos / f"thing-{label:02d}", folder / name / f"thing-{label:02d}")
        encoder = {"model": "resnet18", "weights": str(weights), "input_size": 32, "epochs": 1}
        return lookalike.fit(folder / name, name=name, runs=folder / "runs", **encoder, **settings)

    return fit


@pytest.fixture(scope="module")
def failed(webhook, fit):
    """A run that failed, and what was posted when it did."""
    run = fit("failed", labels=1)
    return run, [request.body for request in webhook.requests]


def test_a_run_that_fails_is_told_with_the_sentence_of_its_step(failed):
    run, (body,) = failed
    assert run.status() == Status.FAILED
    text = json.loads(body)["text"]
    assert text.startswith("lookalike: failed")
    assert text.endswith(f" failed: {run.record().error}")


def test_the_webhooks_address_is_in_no_file_of_a_run(failed):
    run, _ = failed
    files = [path for path in run.backend.folder(run.name).rglob("*") if path.is_file()]
    assert "told the webhook" in run.logs()
    assert [path for path in files if b"s3cr3t" in path.read_bytes()] == []


def test_a_notice_that_is_refused_takes_nothing_from_the_reason_why_a_run_failed(webhook, fit):
    webhook[PATH] = Answer(410)
    run = fit("refused", labels=1)
    assert run.status() == Status.FAILED
    assert run.record().error.startswith("label: ")
    assert "error: the webhook answers 410 (Gone)" in run.logs()


def test_a_run_that_ends_well_stays_so_where_its_notice_is_refused(webhook, fit):
    webhook[PATH] = Answer(410)
    run = fit("well", labels=8, notify={"when": "always"})
    assert run.status() == Status.FINISHED, run.record().error
    assert "error: the webhook answers 410 (Gone)" in run.logs()
    assert run.metrics()
