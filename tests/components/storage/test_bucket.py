import subprocess
import sys

import pytest
from google.api_core.exceptions import Forbidden, ServiceUnavailable
from google.auth.exceptions import DefaultCredentialsError
from requests.exceptions import ConnectionError  # noqa: A004

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import list_files, read_bytes, write_bytes
from lookalike_components.storage.bucket import explained


def test_a_folder_that_the_console_made_is_no_file(bucket: str) -> None:
    write_bytes(f"{bucket}/empty/", b"")
    assert list(list_files(f"{bucket}/empty")) == []


def test_a_prefix_without_objects_is_empty(bucket: str) -> None:
    assert list(list_files(f"{bucket}/nothing")) == []


def test_a_missing_bucket_is_named(bucket: str) -> None:
    with pytest.raises(UserError, match=r"^gs://no-such-bucket/a does not exist$"):
        list(list_files("gs://no-such-bucket/a"))


def test_a_large_object_comes_back_whole(bucket: str) -> None:
    data = bytes(range(256)) * 40_000
    write_bytes(f"{bucket}/large", data)
    assert read_bytes(f"{bucket}/large") == data


def test_google_is_imported_only_for_a_bucket() -> None:
    code = (
        "import sys, lookalike_components.storage as s; s.exists('/'); sys.exit('google.cloud.storage' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("refusal", "kind", "sentence"),
    [
        (Forbidden("403"), UserError, "gs://a/b is not open to this account; ask for access to the bucket"),
        (
            DefaultCredentialsError("none"),
            UserError,
            "gs://a/b needs credentials, and none were found; run gcloud auth application-default login",
        ),
        (ServiceUnavailable("try later"), LookalikeError, "gs://a/b cannot be read or written: 503 try later"),
        (ConnectionError("no route to host"), LookalikeError, "gs://a/b cannot be read or written: no route to host"),
    ],
    ids=["forbidden", "no credentials", "unavailable", "no network"],
)
def test_what_google_says_becomes_one_sentence(refusal: Exception, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind) as error, explained("gs://a/b"):
        raise refusal
    assert str(error.value) == sentence
