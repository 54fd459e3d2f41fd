"""Names are checked before anything runs, and before torch is loaded."""

import subprocess
import sys

import pytest

from lookalike_components.encoder.backbones import AUTO, BACKBONES
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.names import LOSSES, MINERS


@pytest.mark.parametrize(
    ("setting", "what", "names"),
    [("loss", "loss", LOSSES), ("miner", "miner", MINERS), ("model", "model", (*BACKBONES, AUTO))],
)
def test_an_unknown_name_is_answered_with_the_known_ones(setting, what, names):
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments({setting: "Best"})
    assert str(error.value) == f"{setting} is 'Best': there is no such {what}; choose one of {', '.join(names)}"


def test_no_miner_is_a_choice():
    assert TrainConfig(miner="").miner == ""


def test_checking_loads_no_torch():
    code = "import sys; from lookalike_components.train.config import TrainConfig; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
