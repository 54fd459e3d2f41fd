"""No room where *ingest* writes: one sentence, nothing half written, and the next run does the rest."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookalike_components.dataset import read_images
from lookalike_components.errors import LookalikeError

FILES = 1_500
WITH_SHORT_FILES = """
import resource, signal, sys
from lookalike_components.errors import LookalikeError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest

source, folder, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
config = IngestConfig(source=source, store=f"{folder}/store")
try:
    ingest(config, f"{folder}/images", f"{folder}/quarantine")
except LookalikeError as error:
    print(error, end="")
"""


@pytest.fixture(scope="module")
def many(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source of which the tables are larger than the shard: many names of two pictures."""
    folder = tmp_path_factory.mktemp("many") / "photos"
    folder.mkdir()
    for number in range(FILES):
        shutil.copy(photos / "thing-00" / f"{number % 2}.png", folder / f"{number}.png")
    return folder


def with_files_no_longer_than(most: int, source: Path, folder: Path) -> str:
    """What a run says that may write no longer files; a limit that needs no rights, and fails in the middle of one."""
    arguments = [sys.executable, "-c", WITH_SHORT_FILES, source, folder, str(most)]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("what", "part", "left"), [("*.tar", 0.9, []), ("ledger/*.parquet", 0.7, [".parquet", ".tar"])]
)
def test_what_cannot_be_written_whole_to_the_store_is_named_and_the_next_run_finishes(
    run: Any, many: Path, tmp_path: Path, what: str, part: float, left: list[str]
) -> None:
    undisturbed = type(run)(tmp_path / "undisturbed")
    undisturbed(many)
    most = int(part * next(undisturbed.store.glob(what)).stat().st_size)
    file, _, rest = with_files_no_longer_than(most, many, run.store.parent).partition(" cannot be ")
    assert rest == "read or written: File too large"
    assert Path(file).match(f"{run.store}/{what}")
    assert sorted(path.suffix for path in run.store.parent.rglob("*") if path.is_file()) == left
    assert run(many)["images"] == FILES
    assert run.shards().keys() == undisturbed.shards().keys()
    assert run.table()["uri"].equals(undisturbed.table()["uri"])


def test_an_image_table_that_cannot_be_written_whole_leaves_the_last_one(run: Any, many: Path) -> None:
    run(many)
    table = run.images.read_bytes()
    told = with_files_no_longer_than(len(table) - 1, many, run.store.parent)
    assert told == f"{run.images} cannot be read or written: File too large"
    assert run.images.read_bytes() == table
    assert sorted(path.name for path in run.images.parent.iterdir()) == ["images", "quarantine", "store"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two mebibytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "lookalike-test", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_keeps_the_shards_that_fitted_and_the_next_run_adds_the_rest(
    run: Any, large_photos: Path, small_disk: Path
) -> None:
    disk = type(run)(small_disk)
    with pytest.raises(LookalikeError) as error:
        disk(large_photos, shard_megabytes=1)
    assert str(error.value) == f"no space left on {disk.store}; free some, or pass another --runs or --artifacts"
    first = disk.shards()
    assert len(first) == 1
    assert not disk.images.exists()
    assert not list(small_disk.rglob("*.part"))
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert disk(large_photos, shard_megabytes=1)["moved"] == 9
    assert first.items() <= disk.shards().items()
    run(large_photos, shard_megabytes=1)
    assert disk.outcome()[1] == run.outcome()[1]
    assert list(read_images(disk.table())) == list(read_images(run.table()))
