"""`lookalike --help` is what people type first: it must be quick, and a terminal of 80 columns must hold it."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

COMMANDS = [
    "fit",
    "check",
    "ablate",
    "metrics",
    "examples",
    "save",
    "encode",
    "push",
    "search",
    "sprites",
    "serve",
    "add",
    "remove",
    "compile",
    "submit",
    "schedule",
    "unschedule",
    "schedules",
    "runs",
    "releases",
    "lineage",
    "deploy",
    "rollback",
    "service",
    "example",
]


def lookalike(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "lookalike", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80", **environment},
        check=False,
    )


def test_help_loads_neither_torch_nor_kfp_nor_faiss():
    code = (
        "import sys\n"
        "from lookalike.cli.app import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'kfp', 'faiss', 'pandas', 'numpy', 'kserve'} & set(sys.modules)\n"
        "print('loaded:', *heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


def test_help_answers_within_half_a_second_of_processor_time():
    def processor_seconds():
        before = os.times()
        assert lookalike("--help").returncode == 0
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(processor_seconds() for _ in range(3)) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_80_columns(command):
    done = lookalike(command, "--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_fit_shows_how_to_point_at_a_csv():
    assert "fit products.csv" in lookalike("fit", "--help").stdout


def test_a_misspelt_command_is_the_users_error():
    assert lookalike("fitt").returncode == 2


def test_a_setting_without_a_value_is_explained(tmp_path):
    done = lookalike("fit", str(tmp_path), "--set", "epochs", LOOKALIKE_RUNS=str(tmp_path / "runs"))
    assert (done.returncode, done.stderr) == (2, "error: --set epochs has no value; write --set SECTION.FIELD=VALUE\n")


def test_the_version_is_the_installed_ones():
    assert lookalike("--version").stdout == f"{version('lookalike')}\n"
