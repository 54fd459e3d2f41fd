"""Objects in Google Cloud Storage, and in an emulator of it where STORAGE_EMULATOR_HOST names one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from google.api_core.exceptions import (
    Forbidden,
    GoogleAPIError,
    NotFound,
    PreconditionFailed,
    RequestRangeNotSatisfiable,
    Unauthorized,
)
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud import storage

from lookalike_components.errors import LookalikeError, UserError


@cache
def client() -> Any:
    """The connection, by Application Default Credentials; an emulator is spoken to without any."""
    return storage.Client()


def read_bytes(uri: str) -> bytes:
    """The whole object."""
    with explained(uri):
        return bytes(_blob(uri).download_as_bytes())


def read_range(uri: str, offset: int, nbytes: int) -> bytes:
    """At most ``nbytes`` bytes from ``offset`` on."""
    with explained(uri):
        try:
            return bytes(_blob(uri).download_as_bytes(start=offset, end=offset + nbytes - 1))
        except RequestRangeNotSatisfiable:
            return b""


def write_bytes(uri: str, data: bytes | memoryview) -> None:
    """Puts an object there, whole, in place of any other."""
    with explained(uri):
        _blob(uri).upload_from_string(bytes(data), content_type="application/octet-stream")


def create_bytes(uri: str, data: bytes | memoryview) -> bool:
    """Puts an object there, whole, unless there is one (precondition: generation 0)."""
    with explained(uri):
        try:
            _blob(uri).upload_from_string(bytes(data), content_type="application/octet-stream", if_generation_match=0)
        except PreconditionFailed:
            return False
    return True


def exists(uri: str) -> bool:
    """Whether there is an object of exactly this name."""
    with explained(uri):
        return bool(_blob(uri).exists())


def list_files(uri: str) -> Iterator[str]:
    """Every object below a prefix, in the bucket's order, which is sorted by name."""
    bucket, key = _split(uri)
    prefix = f"{key.rstrip('/')}/" if key else ""
    with explained(uri):
        for blob in client().list_blobs(bucket, prefix=prefix):
            if not blob.name.endswith("/"):  # the console writes such objects to show an empty folder
                yield f"gs://{bucket}/{blob.name}"


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turns what Google says about an object into one sentence.

    Raises:
        UserError: The object does not exist, or the account may not touch it.
        LookalikeError: The service cannot be reached, or refuses for another reason.
    """
    try:
        yield
    except NotFound as error:
        raise UserError(f"{uri} does not exist") from error
    except (Forbidden, Unauthorized) as error:
        raise UserError(f"{uri} is not open to this account; ask for access to the bucket") from error
    except DefaultCredentialsError as error:
        raise UserError(
            f"{uri} needs credentials, and none were found; run gcloud auth application-default login"
        ) from error
    except (GoogleAPIError, GoogleAuthError, OSError) as error:
        raise LookalikeError(f"{uri} cannot be read or written: {error}") from error


def _blob(uri: str) -> Any:
    bucket, key = _split(uri)
    return client().bucket(bucket).blob(key)


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("gs://").partition("/")
    return bucket, key
