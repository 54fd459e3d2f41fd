"""What a server did not do, in its own words where it has some."""

import email.utils
import re
import time

import httpx

from lookalike_components.errors import LookalikeError

PASSING = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may well be answered."""
USERS_FAULT = range(400, 500)
ABOUT_IMAGES = frozenset({400, 413})
"""Statuses by which a server refuses an image, or as many of them at once."""
IN_A_MALFORMED_REQUEST = re.compile(r"^the request is malformed: entries\.0(\.|: )")


class ServiceError(LookalikeError):
    """The server cannot be reached, or refuses; the sentence is the server's own where there is one.

    Attributes:
        status: Of the answer; 0 where there was none.
        retry_after: Seconds after which the server wants to be asked again; 0 where it did not say.
    """

    def __init__(self, message: str, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        if status in USERS_FAULT and status not in PASSING:
            self.exit_code = 2  # as for any other input that has to change first

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered in a while."""
        return not self.status or self.status in PASSING

    @property
    def is_about_images(self) -> bool:
        """Whether a request with fewer images, or with others, may be answered."""
        return self.status in ABOUT_IMAGES

    @property
    def of_the_image(self) -> str:
        """What is wrong with the only image of a request, as it is said after the image's name."""
        sentence = str(self).partition(" refused: ")[2]
        if sentence.startswith("image 1 "):
            return sentence.removeprefix("image 1 ").removesuffix("; send another")
        return f"is refused: {IN_A_MALFORMED_REQUEST.sub('', sentence)}"

    def counted_from(self, first: int) -> "ServiceError":
        """The same, about images that the server counted from 1 and the caller from ``first``."""
        if first == 1 or self.status not in USERS_FAULT:
            return self
        return ServiceError(f"{self} (counted from image {first:,})", self.status, self.retry_after)


def refusal(url: str, answer: httpx.Response) -> ServiceError:
    """What an answer that is none of success says."""
    sentence = f"{url} refused: {_reason(answer)}"
    return ServiceError(sentence, answer.status_code, seconds_of(answer.headers.get("Retry-After", "")))


def silence(url: str, error: httpx.TransportError) -> ServiceError:
    """That there was no answer."""
    return ServiceError(f"no answer from {url} ({str(error) or type(error).__name__}); is the server running?")


def seconds_of(retry_after: str) -> float:
    """The header Retry-After, which has seconds or a date, as seconds from now; 0 where it says nothing."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, LookupError, TypeError):
        return f"status {answer.status_code} {answer.reason_phrase}"
