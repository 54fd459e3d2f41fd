"""Posts to a webhook. Its address is a secret: no log line, no error and no traceback has it."""

import logging
from http import HTTPStatus
from importlib.metadata import version

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.notify.config import WEBHOOK
from lookalike_components.notify.notice import Notice

TRIES = 5
LONGEST_WAIT = 30.0
SECONDS_TO_ANSWER = 20.0
PASSING = {408, 425, 429, *range(500, 600)}  # statuses that may be others in a moment


class _PassingError(LookalikeError):
    """What may be better at the next try."""


def post(address: str, notice: Notice, first_wait: float = 1.0) -> None:
    """Delivers a notice, trying five times where the webhook is out of reach or busy.

    Args:
        address: URL of the webhook.
        notice: What to post.
        first_wait: Seconds; the wait before a try is left to chance, up to twice as long each time.

    Raises:
        UserError: The address is none, or the webhook refuses the notice.
        LookalikeError: The webhook could not be reached, or does not do its work.
    """
    # httpx logs every request with its URL, and KFP's executor shows what is logged.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    url = _url(address)
    retrying = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_random_exponential(first_wait, LONGEST_WAIT),
        retry=retry_if_exception_type(_PassingError),
        reraise=True,
    )
    with httpx.Client(timeout=SECONDS_TO_ANSWER, headers=_headers(notice)) as client:
        retrying(_post, client, url, notice)


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.scheme in {"http", "https"} and url.host:
        return url
    raise UserError(f"{WEBHOOK} is no http:// or https:// address; put the webhook's whole URL into the secret")


def _headers(notice: Notice) -> dict[str, str]:
    return {"Content-Type": notice.media_type, "User-Agent": f"lookalike/{version('lookalike')}"}


def _post(client: httpx.Client, url: httpx.URL, notice: Notice) -> None:
    """One try. A redirect is a refusal: it would hand the notice to another host."""
    try:
        response = client.post(url, json=notice.body)
    except httpx.TimeoutException:
        raise _PassingError(f"the webhook does not answer within {SECONDS_TO_ANSWER:g} s; nobody was told") from None
    except httpx.HTTPError as error:
        raise _PassingError(f"the webhook cannot be reached ({type(error).__name__}); nobody was told") from None
    if response.status_code in PASSING:
        raise _PassingError(f"the webhook answers {_status(response)}, at the last of {TRIES} tries; nobody was told")
    if not response.is_success:
        raise UserError(f"the webhook answers {_status(response)}; check the URL in {WEBHOOK}, and notify.payload")


def _status(response: httpx.Response) -> str:
    """The number and its usual meaning; what the server says beside it may repeat the address."""
    known = response.status_code in set(HTTPStatus)
    return f"{response.status_code} ({HTTPStatus(response.status_code).phrase})" if known else f"{response.status_code}"
