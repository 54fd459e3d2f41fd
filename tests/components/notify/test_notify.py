import json

import pytest
from kfp.dsl import PipelineTaskFinalStatus

from lookalike_components.errors import UserError
from lookalike_components.notify.component import notify as component
from lookalike_components.notify.config import NotifyConfig
from lookalike_components.notify.notify import notify


@pytest.mark.parametrize(
    ("when", "state", "told"),
    [
        ("failure", "FAILED", True),
        ("failure", "SUCCEEDED", False),
        ("failure", "CANCELLED", True),
        ("always", "SUCCEEDED", True),
        ("always", "FAILED", True),
        ("never", "FAILED", False),
    ],
)
def test_the_ends_that_are_asked_for_are_told(webhook, capsys, when, state, told):
    said = notify(state, None, NotifyConfig(run="shoes", when=when))
    assert len(webhook.requests) == told
    assert said == (("the webhook", {"told": "the webhook"}) if told else ("", {}))
    assert (f"nobody is told: notify.when is {when}" in capsys.readouterr().err) is not told


@pytest.mark.parametrize(
    ("payload", "media_type"), [("slack", "application/json"), ("cloudevents", "application/cloudevents+json")]
)
def test_a_webhook_gets_the_payload_that_it_understands(webhook, payload, media_type):
    notify("FAILED", None, NotifyConfig(payload=payload))
    assert webhook.requests[0].headers["content-type"] == media_type


@pytest.mark.parametrize("address", ["", " \n"])
def test_without_a_webhook_nobody_is_told(monkeypatch, capsys, address):
    monkeypatch.setenv("LOOKALIKE_WEBHOOK", address)
    assert notify("FAILED", None, NotifyConfig()) == ("", {})
    assert "nobody is told: LOOKALIKE_WEBHOOK is not set" in capsys.readouterr().err


def test_the_newline_at_the_end_of_a_secrets_file_does_no_harm(webhook, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_WEBHOOK", f"{webhook.url}/services/T0/B0/s3cr3t\n")
    notify("FAILED", None, NotifyConfig())
    assert len(webhook.requests) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"when": "sometimes"}, "when is 'sometimes': it should be 'failure', 'always' or 'never'"),
        ({"payload": "mail"}, "payload is 'mail': it should be 'slack' or 'cloudevents'"),
    ],
)
def test_other_settings_are_refused(settings, sentence):
    with pytest.raises(UserError) as error:
        NotifyConfig.from_arguments(settings)
    assert str(error.value) == sentence


def test_the_component_tells_what_kfp_says(webhook):
    status = PipelineTaskFinalStatus("FAILED", "job", "run", 9, "Task train failed.")
    assert component.python_func(status, run="shoes", run_id="1f0c") == "the webhook"
    assert json.loads(webhook.requests[0].body)["text"] == "lookalike: shoes (1f0c) failed: Task train failed."
