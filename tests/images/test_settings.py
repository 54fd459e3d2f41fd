"""What the Containerfiles set for every process in them; read as text, so that nothing has to be built."""

import re
from pathlib import Path

import pytest

from lookalike_components.encoder.process import ENVIRONMENT

IMAGES = Path(__file__).parents[2] / "images"


@pytest.mark.parametrize("image", ["cpu", "gpu"])
def test_steps_run_with_the_settings_of_allocator_and_threads_that_local_runs_have(image):
    lines = re.findall(r"^ENV (.*)$", (IMAGES / image / "Containerfile").read_text(), re.MULTILINE)
    settings = dict(setting.split("=", 1) for line in lines for setting in line.split())
    assert ENVIRONMENT.items() <= settings.items()
