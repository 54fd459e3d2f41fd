import json
import logging

import pytest
from web_server import Answer

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.notify.notice import Notice
from lookalike_components.notify.webhook import TRIES, post

PATH = "/services/T0/B0/s3cr3t"
NOTICE = Notice("application/json", {"text": "shoes failed: größer als 5"})
REFUSED_PORT = "http://127.0.0.1:1"


def deliver(site, notice=NOTICE):
    post(site.url + PATH, notice, first_wait=0.01)


def test_a_notice_is_posted_as_json_of_its_media_type(webhook):
    deliver(webhook)
    (request,) = webhook.requests
    assert json.loads(request.body) == NOTICE.body
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("lookalike/")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_webhook_is_tried_again(webhook, status):
    webhook[PATH] = Answer(status), Answer(status), Answer(204)
    deliver(webhook)
    assert len(webhook.requests) == 3


def test_a_webhook_that_stays_busy_is_given_up(webhook):
    webhook[PATH] = Answer(503)
    with pytest.raises(LookalikeError) as error:
        deliver(webhook)
    assert str(error.value) == "the webhook answers 503 (Service Unavailable), at the last of 5 tries; nobody was told"
    assert len(webhook.requests) == TRIES


def test_a_webhook_that_refuses_is_not_tried_again(webhook):
    webhook[PATH] = Answer(404, PATH.encode())
    with pytest.raises(UserError) as error:
        deliver(webhook)
    assert str(error.value) == (
        "the webhook answers 404 (Not Found); check the URL in LOOKALIKE_WEBHOOK, and notify.payload"
    )
    assert len(webhook.requests) == 1


def test_a_redirect_is_not_followed(webhook):
    webhook[PATH] = Answer(307, headers={"Location": "/elsewhere"})
    with pytest.raises(UserError, match=r"answers 307 \(Temporary Redirect\)"):
        deliver(webhook)
    assert [request.path for request in webhook.requests] == [PATH]


def test_a_status_that_nobody_knows_is_told_by_its_number(webhook):
    webhook[PATH] = Answer(499)
    with pytest.raises(UserError, match="the webhook answers 499; check"):
        deliver(webhook)


def test_a_webhook_out_of_reach_is_one_sentence():
    with pytest.raises(LookalikeError) as error:
        post(REFUSED_PORT + PATH, NOTICE, first_wait=0.01)
    assert str(error.value) == "the webhook cannot be reached (ConnectError); nobody was told"


@pytest.mark.parametrize("address", ["hooks.example.com/s3cr3t", "ftp://host/s3cr3t", "http://", "http://[::/s3cr3t"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UserError) as error:
        post(address, NOTICE)
    assert str(error.value) == (
        "LOOKALIKE_WEBHOOK is no http:// or https:// address; put the webhook's whole URL into the secret"
    )


def chain(error):
    """An error, and those that its traceback would show with it."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize("answer", [Answer(200), Answer(404, PATH.encode()), Answer(promised=5, body=b"")])
def test_the_address_stands_in_no_log_and_no_error(webhook, answer, caplog):
    webhook[PATH] = answer
    told = []
    with caplog.at_level(logging.INFO):
        try:
            deliver(webhook)
        except LookalikeError as error:
            told = [f"{link} {link.args}" for link in chain(error)]
    assert [text for text in (*told, caplog.text) if "s3cr3t" in text] == []
    assert webhook.requests
