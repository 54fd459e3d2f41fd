"""Several processes that share every batch train the encoder that one process trains, and fail in one sentence."""

import json
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from safetensors.numpy import load_file
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lookalike_components.dataset import write_table
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import LIVE, step
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.dispatch import dispatch
from lookalike_components.train.keeping.written import Written

pytestmark = pytest.mark.slow

MODULE = ["-m", "lookalike_components.train"]
PROCESS = Path(__file__).with_name("in_double_precision.py")


@pytest.fixture(scope="module")
def runs(rows: pd.DataFrame, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders ``1`` and ``2`` of trainings by one and by two processes, which cannot share a batch of 15 evenly."""
    home = tmp_path_factory.mktemp("runs")
    write_table(rows, home / "table.parquet")
    for processes in (1, 2):
        folder = home / str(processes)
        folder.mkdir()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(LIVE, str(folder))
            with step("train"):
                train(home / "table.parquet", folder, config(weights, processes=processes))
    return home


def config(weights: Path, **settings: object) -> TrainConfig:
    usual = {"classes_per_batch": 5, "images_per_class": 3, "epochs": 2, "optimizer": "SGD", "learning_rate": 1e-3}
    return TrainConfig(model="resnet18", input_size=32, weights=str(weights), variants=[], **usual | settings)


def train(table: Path, folder: Path, config: TrainConfig) -> None:
    dispatch(table, Written(folder / "encoder", folder / "rows.jsonl"), config)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_loss_falls_along_the_same_curve(runs: Path):
    one, two = ([row["loss"] for row in lines_of(runs / run / "rows.jsonl")[1:]] for run in ("1", "2"))
    np.testing.assert_allclose(two, one, rtol=2e-3)


def test_the_encoder_has_the_same_weights(runs: Path):
    one, two = (load_file(runs / run / "encoder" / "encoder.safetensors") for run in ("1", "2"))
    assert one.keys() == two.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=0, atol=0.005 + 0.01 * np.abs(values).max(), err_msg=name)


def test_one_process_speaks_for_all(runs: Path):
    events = lines_of(runs / "2" / "events.jsonl")
    assert {event["step"] for event in events} == {"train"}
    assert [event["status"] for event in events if event["status"] != "progress"] == ["started", "finished"]
    assert {event["total"] for event in events if event.get("what") == "steps"} == {6}
    assert lines_of(runs / "2" / "history.jsonl") == lines_of(runs / "2" / "rows.jsonl")
    assert [row["epoch"] for row in lines_of(runs / "2" / "rows.jsonl")] == [0, 1, 2, 2]


CASES = [
    {"loss": "MultiSimilarityLoss"},
    {"loss": "ProxyAnchorLoss", "average": 0.9, "schedule": "cosine", "warmup": 0.5},
    {"loss": "ContrastiveLoss", "memory": 40, "freeze": 0.4, "layer_decay": 0.5, "clip": 0.1},
    {"loss": "SupConLoss", "freeze_batch_norm": True, "embed_at_once": 7, "average": 0.5},  # of shares of 7 and 8
    {"loss": "TripletMarginLoss", "freeze_batch_norm": True, "embed_at_once": 1, "miner": "MultiSimilarityMiner"},
]


def test_in_double_precision_every_digit_agrees(weights: Path, tmp_path: Path):
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--local-addr=localhost", "--nproc-per-node=2"]
    for launcher in ([], torchrun):
        command = [sys.executable, *launcher, str(PROCESS), str(weights), json.dumps(CASES), str(tmp_path)]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    alone, first, second = (torch.load(tmp_path / name) for name in ("0 of 1", "0 of 2", "1 of 2"))
    torch.testing.assert_close(first, alone, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(second, alone, rtol=1e-9, atol=1e-9)


def test_what_one_process_refuses_is_the_sentence_of_the_step(rows: pd.DataFrame, weights: Path, tmp_path: Path):
    table = tmp_path / "table.parquet"
    write_table(rows[rows["label"] == "thing-00"], table)
    with pytest.raises(UserError) as error:
        train(table, tmp_path, config(weights, processes=2))
    assert str(error.value) == f"training needs images of 2 labels or more, but {table} has 1 in its subset train"
    assert not (tmp_path / "encoder").exists()


def test_a_process_that_is_killed_has_said_nothing(rows: pd.DataFrame, weights: Path, tmp_path: Path):
    table = tmp_path / "table.parquet"
    write_table(rows, table)
    with ThreadPoolExecutor() as pool:
        training = pool.submit(train, table, tmp_path, config(weights, processes=2, epochs=10_000))
        one_in_training(tmp_path / "rows.jsonl").kill()
        with pytest.raises(LookalikeError) as error:
            training.result()
    assert str(error.value) == (
        "a process of the training was killed before it could say why (most often for lack of memory); "
        "give the step more memory, or lower train.processes"
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_a_step_that_is_stopped_takes_its_processes_and_its_pixels_along(
    rows: pd.DataFrame, weights: Path, tmp_path: Path, processes: int
):
    write_table(rows, tmp_path / "table.parquet")
    (scratch := tmp_path / "scratch").mkdir()
    settings = config(weights, processes=processes, epochs=10_000)
    arguments = [tmp_path / "table.parquet", Written(tmp_path / "encoder", tmp_path / "rows.jsonl"), settings]
    code = """if True:
        import pickle, sys
        from lookalike_components.train.dispatch import dispatch
        dispatch(*pickle.load(sys.stdin.buffer))
    """
    surroundings = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, env=surroundings) as stopped:
        assert stopped.stdin
        stopped.stdin.write(pickle.dumps(arguments))
        stopped.stdin.close()
        one_in_training(tmp_path / "rows.jsonl")
        started = psutil.Process(stopped.pid).children(recursive=True)
        assert list(scratch.glob("*/*.pixels"))
        stopped.terminate()
        assert stopped.wait() == 128 + signal.SIGTERM
    assert len(started) == (3 if processes == 2 else 0)  # torchrun and the two
    assert psutil.wait_procs(started, timeout=30)[1] == []
    assert list(scratch.glob("**/*.pixels")) == []
    assert len(list(tmp_path.glob("checkpoint-*.pt"))) == 1  # the step under way was finished and kept


@retry(retry=retry_if_result(lambda found: found is None), stop=stop_after_delay(120), wait=wait_fixed(0.1))
def one_in_training(history: Path) -> psutil.Process | None:
    """One of the processes below this one that train, as soon as history has a row that is not about the start."""
    training = [child for child in psutil.Process().children(recursive=True) if child.cmdline()[2:4] == MODULE]
    return next(iter(training[::-1]), psutil.Process()) if history.exists() and len(lines_of(history)) > 1 else None
