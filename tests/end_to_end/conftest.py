import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lookalike

Lookalike = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def command(runs) -> Lookalike:
    """Types a command into an 80-column terminal that is none, so that nothing is redrawn."""

    def typed(*arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "LOOKALIKE_RUNS": str(runs), "COLUMNS": "80"}
        return subprocess.run(
            [sys.executable, "-m", "lookalike", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    return typed


@pytest.fixture(scope="session")
def quick(weights) -> list[object]:
    """Flags of a run that takes seconds and learns enough to pass the gate."""
    return [
        *("--model", "resnet18", "--weights", weights, "--epochs", 6, "--learning-rate", 0.001),
        *("--set", "input_size=32", "--set", "split.test=0.5", "--set", "images_per_class=4"),
        # An untrained network has no statistics or lower stages that would be worth keeping.
        *("--set", "freeze=0", "--set", "freeze_batch_norm=false", "--set", "interpolations=[1.0]"),
        *("--set", "augmentation=none", "--set", "keep=last", "--set", "variants=[]"),
        *("--set", "compare.confidence=0.8"),  # twelve labels prove no small gain
    ]


@pytest.fixture(scope="session")
def fitted(command, photos, quick) -> subprocess.CompletedProcess[str]:
    """The first run, from the pictures to the release."""
    return command("fit", photos, "--name", "things", *quick)


@pytest.fixture(scope="session")
def run(fitted, runs) -> lookalike.Run:
    assert fitted.returncode == 0, fitted.stderr
    return lookalike.get_run("things", runs)


@pytest.fixture
def picture(photos) -> Path:
    return sorted(photos.glob("*/*.png"))[0]


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Asks the system for a port of the loopback interface that nobody listens on."""

    def ask() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return ask
