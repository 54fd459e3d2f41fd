"""`lookalike fit` from a bucket to a bucket: everything lies there afterwards, and a second run moves no image."""

import json

import pytest

from lookalike_components.storage import list_files, read_bytes, upload_folder

pytestmark = pytest.mark.slow

STEPS_LEAVE = {
    "comparison/metrics.json",
    "comparison/verdict.json",
    "encoder/encoder.json",
    "encoder/encoder.safetensors",
    "history.jsonl",
    "inferenceservice.yaml",
    "leaks.parquet",
    "quarantine.parquet",
    "release/encoder.onnx",
    "release/index.faiss",
    "release/manifest.json",
    "report.html",
    "table.parquet",
    "verdict.md",
}
RUN_LEAVES = {"events.jsonl", "logs.txt", "metrics.json", "run.json"}


@pytest.fixture
def fit(command, quick, watched_bucket, tmp_path, monkeypatch):
    """Types `lookalike fit` with source and artifacts in the bucket."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    places = [f"{watched_bucket.uri}/photos", "--artifacts", f"{watched_bucket.uri}/runs"]
    return lambda name, *more: command("fit", *places, "--name", name, *quick, *more)


def names(uri):
    return {file.uri.removeprefix(f"{uri}/") for file in list_files(uri)}


def test_a_run_from_bucket_to_bucket_and_a_second_that_moves_no_image(fit, photos, watched_bucket):
    runs = f"{watched_bucket.uri}/runs"
    upload_folder(photos, f"{watched_bucket.uri}/photos")

    first = fit("in-the-bucket")
    assert first.returncode == 0, first.stderr
    assert names(f"{runs}/in-the-bucket") >= STEPS_LEAVE | RUN_LEAVES
    record = json.loads(read_bytes(f"{runs}/in-the-bucket/run.json"))
    assert (record["status"], record["artifacts"]) == ("FINISHED", f"{runs}/in-the-bucket")
    assert [name for name in names(f"{runs}/shards") if name.endswith(".tar")]
    assert len(watched_bucket.of("download", ending=".png")) == len(list(photos.glob("*/*.png")))

    watched_bucket.reset()
    second = fit("in-the-bucket-again", "--epochs", 1)
    assert second.returncode in {0, 3}, second.stderr
    assert watched_bucket.of("list"), "the second run did look at the bucket"
    assert watched_bucket.of("download", ending=".png") == []
    assert [one.name for one in watched_bucket.of("upload", ending=".png") if "/plots/" not in one.name] == []
    assert (watched_bucket.of("download", ending=".tar"), watched_bucket.of("upload", ending=".tar")) == ([], [])
