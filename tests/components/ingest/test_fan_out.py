"""Parallel tasks bring a large source to the store just as `ingest` alone would."""

import inspect
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kfp import compiler, dsl, local

from lookalike_components import ingest
from lookalike_components.dataset import Entry, remember, room
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.fan_out.component import move_in_parallel
from lookalike_components.ingest.fan_out.config import PartConfig
from lookalike_components.ingest.fan_out.dividing import divide
from lookalike_components.ingest.fan_out.examine.component import examine
from lookalike_components.ingest.fan_out.examining import examine_part
from lookalike_components.ingest.fan_out.pack.component import pack
from lookalike_components.ingest.fan_out.packing import cut, pack_part
from lookalike_components.ingest.fan_out.plan.component import plan

SIDE = 150
PICTURES, PART = 60, 20
COMPONENTS = [plan, examine, pack]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, noise: Any) -> Path:
    """Sixty pictures that fill four shards and a half, two of them equal, and two that are broken."""
    folder = tmp_path_factory.mktemp("source")
    for number in range(PICTURES):
        (folder / f"{number}.png").write_bytes(noise(number, SIDE))
    (folder / "40.png").write_bytes((folder / "3.png").read_bytes())
    for name in ("11b.png", "45b.png"):
        (folder / name).write_bytes(b"a text")
    return folder


@dsl.pipeline(name="only-ingest")
def only_ingest(source: str, store: str, partition_images: int) -> None:
    settings = {
        "source": source,
        "store": store,
        "shard_megabytes": 1,
        "kind": "auto",
        "most_megabytes": 100,
        "private_addresses": False,
        "downloads_at_once": 16,
        "partition_images": partition_images,
    }
    planned = plan(**settings)
    moved = move_in_parallel(files=planned.outputs["files"], partitions=planned.outputs["Output"], **settings)
    ingest(**settings).after(moved)


def in_parts(run: Any, source: Path, path: Path, **settings: Any) -> list[dict[str, Any]]:
    """What the tasks tell, called one after the other; the last part first, since their order must not matter."""
    given = {"source": str(source), "store": str(run.store), "shard_megabytes": 1, "partition_images": PART, **settings}
    parts = divide(IngestConfig(**given), path)
    configs = [PartConfig(**given, partition=number) for number in reversed(range(parts))]
    return [step(config, path) for step in (examine_part, pack_part) for config in configs]


def files_of(run: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.store.iterdir() if path.is_file()}


@pytest.mark.slow
def test_kfp_runs_the_parallel_tasks_and_the_result_is_that_of_one(
    run: Any, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(source, shard_megabytes=1)
    alone, table, quarantine = files_of(run), run.images.read_bytes(), run.quarantine.read_bytes()
    shutil.rmtree(run.store)
    monkeypatch.chdir(tmp_path)
    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "root"))
    only_ingest(source=str(source), store=str(run.store), partition_images=PART)
    (written,) = (tmp_path / "root").glob("*/ingest")
    assert (written / "images").read_bytes() == table
    assert (written / "quarantine").read_bytes() == quarantine
    assert files_of(run) == alone
    assert (
        len(list((run.store / "ledger").iterdir())) == 4
    )  # one for each task that examines; ingest had nothing to add


def test_parts_in_any_order_give_the_shards_of_one_run(run: Any, source: Path, tmp_path: Path) -> None:
    run(source, shard_megabytes=1)
    alone, table = files_of(run), run.images.read_bytes()
    shutil.rmtree(run.store)
    *_, last = in_parts(run, source, tmp_path / "files")
    assert last["shards"] == 2
    assert files_of(run) == alone
    assert run(source, shard_megabytes=1) == {"images": 60, "refused": 2, "moved": 0}
    assert run.images.read_bytes() == table


def test_spreadsheets_are_divided_as_well(run: Any, source: Path, tmp_path: Path) -> None:
    listed = pd.DataFrame({"image": [str(source / f"{number}.png") for number in range(PICTURES)] + ["", "gone.png"]})
    listed.assign(label="thing").to_csv(tmp_path / "list.csv", index=False)
    facts = in_parts(run, tmp_path / "list.csv", tmp_path / "files")
    assert sum(fact.get("moved", 0) for fact in facts) == PICTURES - 1
    assert run(tmp_path / "list.csv", shard_megabytes=1) == {"images": 60, "refused": 2, "moved": 0, "labels": 1}


def test_what_a_task_left_undone_is_done_by_ingest(run: Any, source: Path, tmp_path: Path) -> None:
    whole = type(run)(tmp_path / "whole")
    whole(source, shard_megabytes=1)
    config = IngestConfig(source=str(source), store=str(run.store), shard_megabytes=1, partition_images=PART)
    parts = divide(config, tmp_path / "files")
    for number in range(parts):
        examine_part(PartConfig(**config.model_dump(), partition=number), tmp_path / "files")
    pack_part(PartConfig(**config.model_dump(), partition=1), tmp_path / "files")
    assert 0 < run(source, shard_megabytes=1)["moved"] < PICTURES - 1
    pd.testing.assert_frame_equal(run.outcome()[0], whole.outcome()[0])
    assert run.outcome()[1] == whole.outcome()[1]


def test_a_file_that_changed_after_it_was_examined_is_left_to_ingest(
    run: Any, source: Path, tmp_path: Path, noise: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(source, tmp_path / "copy"))
    config = IngestConfig(source=str(copy), store=str(run.store), shard_megabytes=1, partition_images=PART)
    parts = [
        PartConfig(**config.model_dump(), partition=number) for number in range(divide(config, tmp_path / "files"))
    ]
    for part in parts:
        examine_part(part, tmp_path / "files")
    (copy / "0.png").write_bytes(noise(1000, SIDE))
    facts = [pack_part(part, tmp_path / "files") for part in parts]
    assert facts[0]["shards"] == 1
    assert f"leaves a shard to ingest: {copy}/0.png is not what it was when it was examined" in capsys.readouterr().err
    assert run(copy, shard_megabytes=1)["images"] == PICTURES


@pytest.mark.parametrize("partition_images", [0, PICTURES + 2])
def test_a_small_source_is_not_divided(run: Any, source: Path, tmp_path: Path, partition_images: int) -> None:
    config = IngestConfig(source=str(source), store=str(run.store), partition_images=partition_images)
    assert divide(config, tmp_path / "files") == 0
    assert (tmp_path / "files").exists()
    assert not run.store.exists()


def test_only_what_is_new_is_divided(run: Any, source: Path, tmp_path: Path) -> None:
    run(source)
    assert (
        divide(IngestConfig(source=str(source), store=str(run.store), partition_images=PART), tmp_path / "files") == 0
    )


def test_pages_of_the_web_are_not_divided(run: Any, tmp_path: Path) -> None:
    urls = [f"https://example.org/{number}.jpg" for number in range(PICTURES)]
    pd.DataFrame({"image": urls}).to_csv(tmp_path / "list.csv", index=False)
    config = IngestConfig(source=str(tmp_path / "list.csv"), store=str(run.store), partition_images=PART)
    assert divide(config, tmp_path / "files") == 0


def test_a_source_that_cannot_be_read_is_left_to_ingest(run: Any, tmp_path: Path) -> None:
    config = IngestConfig(source=str(tmp_path / "missing"), store=str(run.store), partition_images=PART)
    assert divide(config, tmp_path / "files") == 0


def test_a_shard_ends_where_its_size_is_reached() -> None:
    sizes = np.array([1, 512, 513, 3000, 1, 1])
    assert room(sizes).tolist() == [1024, 1024, 1536, 3584, 1024, 1024]
    assert cut(sizes, 2048) == [2, 4]
    assert cut(sizes, 2049) == [3, 4]
    assert cut(sizes, 10**6) == []
    assert cut(np.array([], np.int64), 2048) == []


def test_an_entry_about_another_version_is_not_packed_as_this_one(run: Any, source: Path, tmp_path: Path) -> None:
    """The ledger may know a file as it was before; its place among the shards follows from the last entry alone."""
    remember(str(run.store), [Entry(str(source / "0.png"), "another", image_id="0" * 64, format="PNG", nbytes=1)])
    whole = type(run)(tmp_path / "whole")
    whole(source, shard_megabytes=1)
    in_parts(run, source, tmp_path / "files")
    assert files_of(run) == files_of(whole)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_of_the_parallel_tasks_repeats_the_configs_defaults(component: Any) -> None:
    config = IngestConfig if component is plan else PartConfig
    parameters = inspect.signature(component.python_func).parameters.items()
    given = {name: what.default for name, what in parameters if name != "files"}
    fields = {
        name: inspect.Parameter.empty if field.is_required() else field.default
        for name, field in config.model_fields.items()
    }
    assert given == fields


@pytest.mark.parametrize("component", [*COMPONENTS, move_in_parallel], ids=lambda component: component.name)
def test_a_component_of_the_parallel_tasks_compiles_and_is_described(component: Any, tmp_path: Path) -> None:
    compiler.Compiler().compile(component, str(tmp_path / "component.yaml"))
    assert component.description
    assert [name for name, what in component.component_spec.inputs.items() if not what.description] == []
