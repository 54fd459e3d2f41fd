"""Settings of how a step is taken that cannot work together are refused with the reason."""

import pytest

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig


def test_parts_of_a_batch_need_statistics_that_stay():
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments({"embed_at_once": 16, "freeze_batch_norm": False})
    assert str(error.value) == (
        "embed_at_once is 16, but batch normalisation that learns its statistics looks at the whole batch at once; "
        "set freeze_batch_norm to true, or embed_at_once to 0"
    )


def test_an_option_of_another_optimizer_is_refused_with_the_settings():
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments({"optimizer": "RAdam", "optimizer_options": {"momentum": 0.9}})
    assert str(error.value).startswith("the optimizer RAdam has no option 'momentum'; it has betas (default (0.9, ")


def test_a_variant_is_held_to_the_same_rules():
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments({"variants": [{"optimizer": "SGD", "optimizer_options": {"nesterov": True}}]})
    assert "nesterov" in str(error.value)
