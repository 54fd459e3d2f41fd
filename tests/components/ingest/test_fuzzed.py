"""Two thousand files that went wrong on their way, ingested at once: each is accepted or quarantined with a reason."""

import threading
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from spoilt_files import MUTATIONS, REASONS, spoilt

from lookalike_components.dataset import read_images

FILES = [data for mutation in MUTATIONS for data in spoilt(mutation, 500)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, data in enumerate(FILES):
        (folder / f"{number}.jpg").write_bytes(data)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(FILES):
            archive.writestr(f"{number}.jpg", data)
    return tmp_path / "photos.zip"


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_every_file_is_accepted_or_quarantined_with_a_reason(
    kind: str, run: Any, request: pytest.FixtureRequest
) -> None:
    source = request.getfixturevalue(kind)
    threads = threading.active_count()
    facts = run(source)
    table, refused = run.table(), pd.read_parquet(run.quarantine)
    assert facts["images"] + facts["refused"] == len(FILES)
    assert sorted([*table["position"], *refused["position"]]) == list(range(len(FILES)))
    assert set(refused["reason"]) <= REASONS
    assert min(len(table), len(refused)) > 200
    assert list(read_images(table)) == [FILES[position] for position in table["position"]]
    assert threading.active_count() == threads
    assert run(source)["moved"] == 0
    pd.testing.assert_frame_equal(run.table(), table)
    pd.testing.assert_frame_equal(pd.read_parquet(run.quarantine), refused)
