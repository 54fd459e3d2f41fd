"""The connection to Google Cloud Storage: who we are, how long we wait, and what its refusals mean."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from google.api_core.exceptions import (
    Forbidden,
    GoogleAPIError,
    NotFound,
    PreconditionFailed,
    RetryError,
    Unauthorized,
)
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, RequestException

from lookalike_components.errors import LookalikeError, UserError

WORKERS = 16
SECONDS_OF_RETRIES = 30
PATIENCE = {
    "retry": DEFAULT_RETRY.with_delay(initial=0.5, maximum=8).with_timeout(SECONDS_OF_RETRIES),
    "timeout": (10, 30),  # seconds to connect, and between two pieces of an answer
}


@cache
def client() -> Any:
    """The connection, by Application Default Credentials; an emulator is spoken to without any."""
    made = storage.Client()
    for scheme in ("http://", "https://"):
        made._http.mount(scheme, HTTPAdapter(pool_maxsize=2 * WORKERS))  # a connection for each thread
    return made


os.register_at_fork(after_in_child=client.cache_clear)  # two processes must not speak through one socket


def blob(uri: str, **settings: Any) -> Any:
    """The object that a URI names, without asking whether there is one.

    Raises:
        UserError: No object can have this name; on this machine's disk a file can.
    """
    bucket, key = split(uri)
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{uri!r} cannot name an object: it is not UTF-8; rename the file") from error
    return client().bucket(bucket).blob(key, **settings)


def split(uri: str) -> tuple[str, str]:
    """The names of bucket and object; every character after the bucket belongs to the object's name."""
    bucket, _, key = uri.removeprefix("gs://").partition("/")
    return bucket, key


@contextmanager
def explained(uri: str, missing: str = "") -> Iterator[None]:
    """Turns what Google says about an object into one sentence.

    Args:
        uri: The object.
        missing: What does not exist when Google finds nothing; the object unless given.

    Raises:
        UserError: The object does not exist, or the account may not touch it.
        LookalikeError: The service cannot be reached, sends wrong bytes, or refuses for another reason.
    """
    try:
        yield
    except NotFound as error:
        raise UserError(f"{missing or uri} does not exist") from error
    except (Forbidden, Unauthorized) as error:
        raise UserError(f"{uri} is not open to this account; ask for access to the bucket") from error
    except DefaultCredentialsError as error:
        raise UserError(
            f"{uri} needs credentials, and none were found; run gcloud auth application-default login"
        ) from error
    except PreconditionFailed as error:
        raise LookalikeError(f"{uri} was replaced while it was read; try again") from error
    except DataCorruption as error:
        raise LookalikeError(
            f"{uri} was damaged on its way, time and again (crc32c); "
            "try again, and look at the proxy and the disk between here and the bucket"
        ) from error
    except (GoogleAPIError, GoogleAuthError, RequestException, ConnectionError, TimeoutError) as error:
        raise LookalikeError(f"{uri} cannot be read or written: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """What lay behind the last attempt of many, without the library's words around it."""
    if isinstance(error, RetryError) and error.cause is not None:
        return f"{_cause(error.cause)}, for {SECONDS_OF_RETRIES} s; check the network, then try again"
    if isinstance(error, InvalidResponse):
        return f"the service answers {error.response.status_code}"
    if isinstance(error, ChunkedEncodingError):
        return "the connection breaks off"
    if isinstance(error, requests.ConnectionError) and error.request is not None:
        return f"{urlsplit(str(error.request.url)).netloc} does not answer"
    return str(error)
