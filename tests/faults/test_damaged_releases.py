"""A release that lost something is not served, and none takes the place of a whole one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from malformed import b64

from lookalike_components.release.manifest import Manifest


def refusal(folder: Path) -> tuple[int, str]:
    """Exit code and sentence of a server that does not start."""
    command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(folder), "--http-port", "0"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in run.stderr
    return run.returncode, run.stderr.strip().partition("error: ")[2]


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_index_is_refused_with_its_name(tmp_path, release_folder, share):
    copy = shutil.copytree(release_folder, tmp_path / "copy")
    cut(copy / "index.faiss", share)
    code, sentence = refusal(copy)
    assert code == 1
    assert sentence.startswith(f"index.faiss in the release {copy} is not what was sealed")


def test_an_index_that_is_gone_is_refused_with_its_name(tmp_path, release_folder):
    copy = shutil.copytree(release_folder, tmp_path / "copy")
    (copy / "index.faiss").unlink()
    assert refusal(copy) == (1, f"index.faiss is missing from the release {copy}; copy the whole folder again")


def test_a_truncated_manifest_is_refused(tmp_path, release_folder):
    copy = shutil.copytree(release_folder, tmp_path / "copy")
    cut(copy / "manifest.json", 0.5)
    code, sentence = refusal(copy)
    assert code == 1
    assert str(copy / "manifest.json") in sentence


def renamed(folder: Path, copy: Path) -> Path:
    """Another release of the same encoder and index."""
    shutil.copytree(folder, copy)
    manifest = Manifest.read(copy).model_copy(update={"name": "another"}).sealed()
    (copy / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    return copy


def test_a_release_that_is_truncated_takes_no_other_ones_place(tmp_path, release_folder, launch):
    cut(renamed(release_folder, tmp_path / "damaged") / "index.faiss", 0.5)
    server = launch("--releases", str(tmp_path))
    before = server.ask("GET", "/release").json()
    answer = server.post("/release", {"folder": "damaged"})
    assert answer.status == 422
    assert answer.sentence.startswith("index.faiss in the release")
    assert server.ask("GET", "/release").json() == before
    assert server.is_ready()


def test_a_release_that_loses_its_files_while_it_is_served_is_served_on(tmp_path, release_folder, launch, pictures):
    copy = shutil.copytree(release_folder, tmp_path / "copy")
    server = launch(release=copy)
    vector = server.post("/v1/models/encoder:predict", {"instances": [{"b64": b64(pictures[0])}]})
    for path in copy.iterdir():
        cut(path, 0.5)
    again = server.post("/v1/models/encoder:predict", {"instances": [{"b64": b64(pictures[0])}]})
    assert (vector.status, again.status) == (200, 200)
    assert vector.json() == again.json()
    assert server.post("/v1/models/search:predict", {"instances": [{"b64": b64(pictures[0])}]}).status == 200
