"""Images on the web: many at a time, patient with servers, and never more bytes than allowed."""

import random
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version

import httpcore
import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    wait_random_exponential,
)

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources.addresses import CheckedNetwork, CheckedTransport
from lookalike_components.ingest.sources.source import Content, Unavailable, larger_than

MOST_REDIRECTS = 5
PASSING = {408, 425, 429, *range(500, 600)}  # statuses that may be others in a moment
SHORT_BYTES = 2**16
CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def is_web(uri: str) -> bool:
    """Whether a URI is an ``http://`` or ``https://`` one."""
    return uri[:8].lower().startswith(("http://", "https://"))


@dataclass(frozen=True)
class Patience:
    """How long a download is tried for.

    Attributes:
        tries: In all, the first included.
        first_wait: Seconds; the wait before a try is left to chance, up to twice as long each time.
        longest_wait: Seconds; a server that asks for more patience (Retry-After) gets no more.
        silence: Seconds without a byte, after which a connection is given up.
        whole: Seconds after which a download that trickles in is given up.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0
    silence: float = 20.0
    whole: float = 300.0


PATIENCE = Patience()


class _Passing(Unavailable):
    """What may be better at the next try."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Downloads:
    """Fetches images by URL.

    Proxies, cookies and passwords of the environment (HTTPS_PROXY, .netrc) are not used: what is fetched must not
    depend on them, and behind a proxy no address could be judged.
    """

    def __init__(
        self,
        most_bytes: int,
        at_once: int,
        network: CheckedNetwork,
        patience: Patience = PATIENCE,
    ) -> None:
        self._most_bytes = most_bytes
        self._patience = patience
        self._closed = threading.Event()
        self._client = httpx.Client(
            transport=CheckedTransport(network, at_once),
            timeout=httpx.Timeout(self._patience.silence, pool=None),
            headers={"User-Agent": f"lookalike/{version('lookalike')}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )

    def read(self, uri: str, unless: str) -> Content | None:
        """Fetches one image, or None where the server says that it still has the version ``unless``.

        Raises:
            UserError: The server has no such file, it is too large, or its address is not to be fetched from.
            Unavailable: The server could not be reached, or did not answer as it should, at any try.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._patience.tries),
            wait=self._wait,
            retry=retry_if_exception_type(_Passing),
            sleep=sleep_using_event(self._closed),
            reraise=True,
        )
        try:
            return retrying(self._fetch, uri, unless)
        except _Passing as error:
            raise Unavailable(f"{error}, at the last of {self._patience.tries} tries") from error

    def close(self) -> None:
        """Closes all connections; downloads that are under way are given up."""
        self._closed.set()
        self._client.close()

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: by chance, so that not all downloads return at once, or as the server asks."""
        chance = wait_random_exponential(self._patience.first_wait, self._patience.longest_wait)(state)
        asked = getattr(state.outcome and state.outcome.exception(), "seconds", 0.0)
        return max(chance, min(asked * random.uniform(1, 1.1), self._patience.longest_wait))  # noqa: S311

    def _fetch(self, uri: str, unless: str) -> Content | None:
        self._expect_open()
        try:
            with closing(self._follow(uri, unless)) as response:
                if response.status_code == httpx.codes.NOT_MODIFIED and unless:
                    return None
                _judge(response)
                return Content(self._body(response), _version(response.headers))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, UnicodeError) as error:
            raise UserError("is, or redirects to, no http:// or https:// URL") from error
        except (httpcore.TimeoutException, httpx.TimeoutException) as error:
            raise _Passing(f"sends nothing for {self._patience.silence:g} s") from error
        except (httpcore.ProtocolError, httpcore.NetworkError, httpx.RequestError) as error:
            raise _Passing(f"cannot be fetched ({error or type(error).__name__})") from error

    def _follow(self, uri: str, unless: str) -> httpx.Response:
        """Opens the URL, or what it redirects to; httpx would read a redirect's body, however long it is."""
        request = self._client.build_request("GET", uri, headers=_condition(unless))
        for _ in range(MOST_REDIRECTS + 1):
            _check_hop(request)
            response = self._client.send(request, stream=True)
            if response.next_request is None:
                return response
            request = response.next_request
            _leave(response)
        raise UserError(f"redirects more than {MOST_REDIRECTS} times")

    def _body(self, response: httpx.Response) -> bytes:
        if int(response.headers.get("Content-Length", 0)) > self._most_bytes:
            raise UserError(larger_than(self._most_bytes))
        deadline = time.monotonic() + self._patience.whole
        data = bytearray()
        for piece in response.iter_bytes():
            data += piece
            self._expect_open()
            if len(data) > self._most_bytes:
                raise UserError(larger_than(self._most_bytes))
            if time.monotonic() > deadline:
                raise _Passing(f"is not through after {self._patience.whole:g} s")
        return bytes(data)

    def _expect_open(self) -> None:
        if self._closed.is_set():
            raise Unavailable("was given up")


def _leave(response: httpx.Response) -> None:
    """A body that is known to be short is read, so that the connection can serve the next request."""
    with closing(response):
        if int(response.headers.get("Content-Length", SHORT_BYTES + 1)) <= SHORT_BYTES:
            for _ in response.iter_raw():
                continue


def _check_hop(request: httpx.Request) -> None:
    """Looks at the first URL and at every one that it redirects to; the address is judged when it is connected to."""
    if request.url.scheme not in {"http", "https"}:
        raise UserError(f"redirects to {request.url.scheme}://, which is not fetched")
    if request.url.userinfo:
        raise UserError("carries a user name or a password, or redirects to a URL that does; none are sent")


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    answer = f"answers {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
    if status in PASSING:
        raise _Passing(answer, _seconds(response.headers.get("Retry-After", "")))
    raise UserError(answer)


def _seconds(retry_after: str) -> float:
    """Seconds that a server asks to wait for: a number, or a date; 0 for anything else."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else 0.0


def _version(headers: Mapping[str, str]) -> str:
    """What the server calls these bytes: ``etag:...``, or else ``last-modified:...``."""
    told = ((name, headers.get(name, "")) for name in CONDITIONS)
    return next((f"{name}:{value}" for name, value in told if value and value.isascii()), "")


def _condition(version: str) -> dict[str, str]:
    name, _, value = version.partition(":")
    return {CONDITIONS[name]: value} if name in CONDITIONS and value else {}
