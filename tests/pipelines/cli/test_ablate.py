"""`lookalike ablate` as it is typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def ablate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lookalike", "ablate", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_its_help_fits_80_columns() -> None:
    done = ablate("--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "--parts" in done.stdout


def test_a_part_that_there_is_not_is_the_users_error(photos: Path, tmp_path: Path) -> None:
    done = ablate(photos, "--parts", "loses", "--output", tmp_path / "ablation")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no part or group called loses; the groups are ")
    assert not (tmp_path / "ablation").exists()


def test_one_fold_is_none(photos: Path) -> None:
    assert ablate(photos, "--folds", "1").returncode == 2


@pytest.mark.slow
def test_the_table_is_the_result_and_the_rest_goes_to_stderr(photos: Path, weights: Path, tmp_path: Path) -> None:
    settings = ("train.steps=1", "train.variants=[]", "train.classes_per_batch=4", "encoder.input_size=32")
    settings += ("split.near_duplicates=off",)
    arguments = [part for setting in settings for part in ("--set", setting)]
    arguments += ["--model", "resnet18", "--weights", str(weights), "--folds", "2", "--parts", "rate_8e-4,no_trials"]
    done = ablate(photos, *arguments, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("the recipe: MAP@R ")
    assert done.stdout.splitlines()[-1].split()[0] == "rate_8e-4"
    assert "6 trainings, 6 of them still to do\n" in done.stderr
    assert "not measured: no_trials: so it is in the recipe\n" in done.stderr
