"""The component offers exactly the settings of its config, and a bad one is told in one sentence."""

import inspect

import pytest

from lookalike_components.errors import UserError
from lookalike_components.train.component import train
from lookalike_components.train.config import TrainConfig


def test_signature_and_config_agree_on_every_default():
    parameters = inspect.signature(train.python_func).parameters.values()
    signature = {part.name: part.default for part in parameters if part.default is not part.empty}
    assert signature == TrainConfig().model_dump()


def test_a_setting_out_of_range_is_named():
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments({"learning_rate": 0.0, "epochs": 0})
    assert str(error.value) == (
        "learning_rate is 0.0: it should be greater than 0; epochs is 0: it should be greater than or equal to 1"
    )


def test_every_input_and_output_is_described():
    spec = train.component_spec
    assert all(part.description for part in spec.inputs.values())
    assert set(spec.outputs) == {"encoder", "history", "tensorboard", "metrics"}
