"""``encode``, ``search`` and ``push`` with a server, as a person types them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_release import pictures, pixels, release_folder

from lookalike.client.service import Client, serving

__all__ = ["pictures", "pixels", "release_folder"]
FOUND = {"id": "picture-1", "label": "lamp", "same": True}


@pytest.fixture(scope="module")
def client(release_folder: Path) -> Iterator[Client]:
    with serving(release_folder) as client:
        yield client


@pytest.fixture
def photos(tmp_path: Path, pictures: list[bytes]) -> Path:
    """The pictures of the index in a folder, and one file that is no picture."""
    (tmp_path / "photos").mkdir()
    for number, picture in enumerate(pictures):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(picture)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"nonsense")
    return tmp_path / "photos"


def lookalike(*arguments, **environment):
    command = [sys.executable, "-m", "lookalike", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


def test_a_folder_is_embedded_by_a_server(client, photos, tmp_path, pictures):
    output = tmp_path / "embeddings.parquet"
    run = lookalike("encode", photos, "--url", client.url, "--output", output)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.splitlines() == [
        f"6 vectors of 48 numbers in {output}",
        f"left out 1: {photos}/broken.jpg is not an image",
    ]
    frame = pd.read_parquet(output)
    assert frame["picture"].tolist() == [f"{photos}/{number}.jpg" for number in range(6)]
    np.testing.assert_array_equal(np.stack(frame["embedding"]), client.encode(pictures))


def test_pictures_are_embedded_by_a_server(client, photos, pictures):
    run = lookalike("encode", photos / "0.jpg", photos / "1.jpg", "--url", client.url)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [row["picture"] for row in rows] == [f"{photos}/0.jpg", f"{photos}/1.jpg"]
    np.testing.assert_array_equal(np.array([row["embedding"] for row in rows], np.float32), client.encode(pictures[:2]))


def test_a_folder_needs_a_parquet_file(client, photos):
    run = lookalike("encode", photos, "--url", client.url)
    sentence = f"error: the embeddings of {photos} go into a Parquet file; pass --output embeddings.parquet\n"
    assert (run.returncode, run.stderr) == (2, sentence)


def test_a_run_alone_is_no_question(photos):
    run = lookalike("encode", "photos-1")
    sentence = "error: photos-1 stands alone; pass a run and the pictures, or --url with a server\n"
    assert (run.returncode, run.stderr) == (2, sentence)


def test_a_server_is_searched(client, photos):
    run = lookalike("search", photos / "1.jpg", "--url", client.url, "-k", 2, "--json")
    matches = json.loads(run.stdout)
    assert len(matches) == 2
    assert {name: matches[0][name] for name in ("id", "label", "same")} == FOUND


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--filter", "label=mug"], ["mug"] * 3),
        (["--filter", "label=mug", "--filter", "label=lamp"], ["lamp", "lamp", "mug", "mug", "mug"]),
        (["--filter", "label="], [""]),
        (["--filter", "label=lamp", "--exclude", "picture-1"], ["lamp"]),
    ],
)
def test_filters_and_exclusions_reach_the_server(client, photos, options, found):
    run = lookalike("search", photos / "1.jpg", "--url", client.url, "-k", 5, "--json", *options)
    assert sorted(match["label"] for match in json.loads(run.stdout)) == found


def test_the_table_has_scores_and_labels(client, photos):
    run = lookalike("search", photos / "1.jpg", "--url", client.url, "-k", 1)
    assert run.stdout.split() == ["Score", "Label", "Picture", "1.000", "lamp", "picture-1.png"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["one", "two", "--url", "http://127.0.0.1:9"], "one picture is searched for at a time"),
        (["photos-1", "a.jpg", "--exclude", "x"], "--filter and --exclude are for a server; pass its --url"),
        (["a.jpg", "--url", "http://127.0.0.1:9", "--filter", "label"], "--filter label has no value"),
        (["a.jpg", "--url", "127.0.0.1:9"], "127.0.0.1:9 is no address of a server"),
    ],
)
def test_what_cannot_be_meant_is_the_users_fault(arguments, sentence):
    run = lookalike("search", *arguments)
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: {sentence}")


def test_embeddings_are_pushed_from_the_command_line(client, photos, tmp_path):
    output = tmp_path / "embeddings.parquet"
    lookalike("encode", photos, "--url", client.url, "--output", output)
    run = lookalike("push", output, "--to", "nothing")
    sentence = "error: there is no way to push to nothing; choose one of qdrant, pgvector\n"
    assert (run.returncode, run.stderr) == (2, sentence)
    run = lookalike("push", output, "--to", "qdrant", "--url", "http://127.0.0.1:9")
    assert run.returncode == 1
    assert run.stderr.startswith("error: no answer from Qdrant at http://127.0.0.1:9 (")
