import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import Forbidden, ServiceUnavailable
from google.auth.exceptions import DefaultCredentialsError
from object_storage import make_bucket, serving, spoken_to_at
from requests.exceptions import ConnectionError  # noqa: A004

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import create_bytes, download, download_folder, list_files, read_bytes, write_bytes
from lookalike_components.storage.bucket import explained
from lookalike_components.storage.bucket.connection import blob


def test_a_prefix_without_objects_is_empty(bucket: str) -> None:
    assert list(list_files(f"{bucket}/nothing")) == []


def test_a_missing_bucket_is_named(bucket: str) -> None:
    with pytest.raises(UserError, match=r"^gs://no-such-bucket/a does not exist$"):
        list(list_files("gs://no-such-bucket/a"))


def test_a_large_object_comes_back_whole(bucket: str) -> None:
    data = bytes(range(256)) * 40_000
    write_bytes(f"{bucket}/large", data)
    assert read_bytes(f"{bucket}/large") == data


@pytest.fixture
def bucket_of_any_names() -> Iterator[str]:
    """A bucket whose server holds its objects in memory, so that their names need not be names of files."""
    with serving("-backend", "memory") as url, spoken_to_at(url):
        yield make_bucket(url, "any names")


def test_a_folder_that_the_console_made_is_no_file(bucket_of_any_names: str) -> None:
    write_bytes(f"{bucket_of_any_names}/photos/", b"")
    write_bytes(f"{bucket_of_any_names}/photos/a", b"")
    assert [file.uri for file in list_files(f"{bucket_of_any_names}/photos")] == [f"{bucket_of_any_names}/photos/a"]


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/outside", "a//b", "."])
def test_an_object_whose_name_leads_out_of_the_folder_is_refused(
    bucket_of_any_names: str, tmp_path: Path, name: str
) -> None:
    bucket = bucket_of_any_names
    write_bytes(f"{bucket}/folder/{name}", b"abc")
    with pytest.raises(UserError) as error:
        download_folder(f"{bucket}/folder", tmp_path / "here")
    assert str(error.value) == f"{bucket}/folder/{name} cannot be a file on this machine; rename the object"
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_is_stored_compressed_is_unpacked_on_its_way(bucket: str, tmp_path: Path) -> None:
    data = b"abc" * 1000
    found = blob(f"{bucket}/packed")
    found.content_encoding = "gzip"
    found.upload_from_string(gzip.compress(data))
    download(f"{bucket}/packed", tmp_path / "here")
    assert read_bytes(f"{bucket}/packed") == (tmp_path / "here").read_bytes() == data


def test_a_name_that_no_object_can_have_is_the_users_to_change(bucket: str) -> None:
    uri = f"{bucket}/{os.fsdecode(bytes([0xE9]))}.jpg"
    with pytest.raises(UserError) as error:
        write_bytes(uri, b"abc")
    assert str(error.value) == f"{uri!r} cannot name an object: it is not UTF-8; rename the file"


@pytest.mark.parametrize("write", [write_bytes, create_bytes])
def test_writing_to_a_bucket_that_does_not_exist_names_the_bucket(
    bucket: str, write: Callable[[str, bytes], object]
) -> None:
    with pytest.raises(UserError, match=r"^gs://no-such-bucket does not exist$"):
        write("gs://no-such-bucket/a", b"abc")


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
