"""What the backbone cannot do is refused before anything runs."""

import pytest

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "resnet18", "pooling": "cls"}, "resnet18 cannot be pooled by cls; choose one of avg, gem"),
        (
            {"model": "resnet18", "dimension": 600},
            "dimension is 600, but resnet18 gives 512 numbers, and a head that starts by pca is no longer than "
            "that; lower dimension, or set head to random",
        ),
        (
            {"model": "vit_small_patch14_dinov2.lvd142m", "input_size": 128},
            "vit_small_patch14_dinov2.lvd142m cuts pictures into patches of 14 px but the input size is 128; "
            "take a multiple such as 126",
        ),
    ],
)
def test_settings_that_a_backbone_cannot_have_are_refused(settings, sentence):
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments(settings)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "resnet18", "dimension": 600, "head": "random"},
        {"model": "vit_small_patch14_dinov2.lvd142m", "pooling": "cls_mean", "dimension": 768},
        {"model": "auto", "pooling": "cls"},
    ],
)
def test_settings_that_it_can_have_pass(settings):
    assert TrainConfig.from_arguments(settings)
