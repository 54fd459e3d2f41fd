"""What grows here is seen in a bucket while it grows; a bucket that fails does no harm."""

from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lookalike_components import storage
from lookalike_components.train.keeping.mirror import mirrored


@retry(retry=retry_if_result(lambda seen: not seen), stop=stop_after_delay(60), wait=wait_fixed(0.05))
def seen(uri: str, content: bytes) -> bool:
    """Waits until the file is there with this content."""
    return storage.exists(uri) and storage.read_bytes(uri) == content


def test_a_file_is_seen_while_it_grows(bucket: str, tmp_path: Path):
    file, uri = tmp_path / "history.jsonl", storage.join(bucket, "history.jsonl")
    with mirrored({file: uri}, seconds=0.05):
        file.write_bytes(b"one\n")
        seen(uri, b"one\n")
        file.write_bytes(b"one\ntwo\n")
        seen(uri, b"one\ntwo\n")


def test_the_end_is_brought_too_even_that_of_a_failure(bucket: str, tmp_path: Path):
    folder, uri = tmp_path / "events", storage.join(bucket, "events")
    with pytest.raises(FileExistsError), mirrored({folder: uri}, seconds=3600):
        write_and_fail(folder / "trial-1")
    assert storage.read_bytes(storage.join(uri, "trial-1", "a")) == b"last"


def write_and_fail(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"last")
    folder.mkdir()


def test_an_address_on_this_machine_is_left_alone(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"a")
    with mirrored({tmp_path / "a": str(tmp_path / "b")}, seconds=0.01):
        pass
    assert not (tmp_path / "b").exists()


def test_a_bucket_that_is_not_there_is_told_of_once(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a").write_bytes(b"a")
    nowhere = "gs://no-such-bucket-of-ours/a"
    with mirrored({tmp_path / "a": nowhere}, seconds=3600):
        pass
    assert capsys.readouterr().err.count("training goes on") == 1
