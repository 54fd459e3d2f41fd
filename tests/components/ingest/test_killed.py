"""A run that is killed between any two writes, or within one, leaves a store with which the next run finishes."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lookalike_components.dataset import Entry, read_images, remember

KILLED_AT_A_WRITE = """
import os, signal, sys
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.storage import local

source, folder, moment, left = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
create_bytes, link = local.create_bytes, os.link

def kill_in_time():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(what):
    def do(*arguments):
        kill_in_time()
        return what(*arguments)
    return do

if moment == "between":
    local.create_bytes = counted(create_bytes)
else:
    os.link = counted(link)
config = IngestConfig(source=source, store=f"{folder}/store", shard_megabytes=1)
ingest(config, f"{folder}/images", f"{folder}/quarantine")
"""
WRITES = 12  # three shards of four pictures and one of the rest, a list for each, and a file of the ledger


def killed(source: Path, folder: Path, moment: str, writes: int) -> int:
    arguments = [sys.executable, "-c", KILLED_AT_A_WRITE, source, folder, moment, str(writes)]
    return subprocess.run(arguments, capture_output=True, check=False).returncode


@pytest.fixture
def undisturbed(large_photos: Path, tmp_path: Path, run: Any) -> tuple[pd.DataFrame, list[str]]:
    other = type(run)(tmp_path / "undisturbed")
    assert other(large_photos, shard_megabytes=1)["moved"] == 13
    return other.outcome()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "writes"),
    [*(("between", writes) for writes in range(WRITES)), ("within", 0), ("within", 1), ("within", 2)],
)
def test_a_run_that_was_killed_is_finished_by_the_next(
    run: Any, large_photos: Path, undisturbed: tuple[pd.DataFrame, list[str]], tmp_path: Path, moment: str, writes: int
) -> None:
    assert killed(large_photos, tmp_path / "run", moment, writes) == -9
    assert not run.images.exists()
    whole = run.shards()
    facts = run(large_photos, shard_megabytes=1)
    table, shards = run.outcome()
    pd.testing.assert_frame_equal(table, undisturbed[0])
    assert shards == undisturbed[1]
    assert whole.items() <= run.shards().items()
    assert facts["moved"] == max(0, 13 - 4 * len(whole))
    assert len(list(run.store.glob("*.tar.contents.parquet"))) == len(shards)
    assert list(read_images(run.table())) == [Path(uri).read_bytes() for uri in table["uri"]]


@pytest.mark.slow
def test_a_run_that_is_not_killed_makes_as_many_writes_as_are_tried(large_photos: Path, tmp_path: Path) -> None:
    assert killed(large_photos, tmp_path / "run", "between", WRITES) == 0


def test_what_the_ledger_knows_is_written_without_being_decoded_again(run: Any, large_photos: Path) -> None:
    """A ledger ahead of its shards, as the parallel tasks leave it: bytes of the digest that it names are believed."""
    data, told = (large_photos / "00.png").read_bytes(), "told by the ledger"
    image_id = hashlib.sha256(data).hexdigest()
    known = Entry(str(large_photos / "00.png"), "old", image_id, "PNG", 316, 316, told, len(data))
    other = Entry(str(large_photos / "01.png"), "old", "0" * 64, "PNG", 1, 1, told, 1)
    remember(str(run.store), [known, other])
    assert run(large_photos)["moved"] == 13
    assert run.table()["perceptual_hash"].eq(told).tolist() == [True] + [False] * 13


def test_a_tar_without_its_list_is_read_by_its_headers(run: Any, large_photos: Path) -> None:
    run(large_photos, shard_megabytes=1)
    lists = {path: path.read_bytes() for path in run.store.glob("*.tar.contents.parquet")}
    for path in lists:
        path.unlink()
    before = run.shards()
    assert run(large_photos, shard_megabytes=1)["moved"] == 0
    assert {path: path.read_bytes() for path in lists} == lists
    assert run.shards() == before


@pytest.mark.parametrize("name", ["photos.tar", f"{'0' * 64}.tar"])
def test_a_tar_that_is_not_whole_is_passed_over_aloud(
    run: Any, large_photos: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run(large_photos, shard_megabytes=1)
    shard = next(run.store.glob("*.tar"))
    (run.store / name).write_bytes(shard.read_bytes()[:100_000])
    assert run(large_photos, shard_megabytes=1)["moved"] == 0
    assert f"passes over {run.store / name}: it is no whole shard of this store; delete it" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more"])
def test_a_damaged_list_is_made_again_from_its_shard(run: Any, large_photos: Path, damage: bytes) -> None:
    run(large_photos, shard_megabytes=1)
    listed = next(run.store.glob("*.tar.contents.parquet"))
    whole = listed.read_bytes()
    listed.write_bytes(damage)
    assert run(large_photos, shard_megabytes=1)["moved"] == 0
    assert listed.read_bytes() == whole


def test_a_damaged_ledger_is_passed_over_aloud_and_its_files_are_read_again(
    run: Any, large_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(large_photos)
    table, shards = run.outcome()
    ledger = next((run.store / "ledger").iterdir())
    ledger.write_bytes(ledger.read_bytes()[:-20])
    pd.DataFrame({"a": [1]}).to_parquet(run.store / "ledger" / "other.parquet")
    assert run(large_photos)["moved"] == 0
    told = capsys.readouterr().err
    for path in (ledger, run.store / "ledger" / "other.parquet"):
        assert f"passes over {path}: it is damaged; delete it" in told
    pd.testing.assert_frame_equal(run.outcome()[0], table)
    assert run.outcome()[1] == shards


@pytest.mark.parametrize("has_list", [True, False])
def test_a_shard_that_somebody_cut_off_is_written_again(
    run: Any, large_photos: Path, capsys: pytest.CaptureFixture[str], has_list: bool
) -> None:
    run(large_photos, shard_megabytes=1)
    table, shards = run.outcome()
    shard = run.store / table["shard"][0]
    whole = shard.read_bytes()
    shard.unlink()
    shard.write_bytes(whole[:100_000])
    if not has_list:
        Path(f"{shard}.contents.parquet").unlink()
    assert run(large_photos, shard_megabytes=1)["moved"] == 4
    assert f"passes over {shard}: it is " in capsys.readouterr().err
    assert shard.read_bytes() == whole
    pd.testing.assert_frame_equal(run.outcome()[0], table)
    assert run.outcome()[1] == shards


def test_what_a_killed_writer_left_half_written_goes_after_a_day(run: Any, large_photos: Path) -> None:
    left = [folder / f".{'0' * 64}.tar.{'1' * 32}.part" for folder in (run.store, run.store / "ledger")]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half of a file")
        os.utime(path, (0, 0))
    run(large_photos)
    assert not any(path.exists() for path in left)
