"""What the backbone cannot do is refused before anything runs, and an encoder to start from is asked itself."""

import pytest

from lookalike_components.encoder.shape import EncoderShape
from lookalike_components.errors import UserError


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
        EncoderShape.from_arguments(settings)
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
    assert EncoderShape.from_arguments(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling": "cls"},
        {"dimension": 4096},
        {"matryoshka": [64, 2048]},
        {"model": "resnet50", "pooling": "cls"},
        {"model": "auto", "pooling": "cls"},
    ],
)
def test_only_the_encoder_to_start_from_can_tell_where_the_model_is_left_to_it(settings):
    assert EncoderShape.from_arguments({"start_from": "gs://bucket/encoder", **settings})


def test_a_model_that_is_named_is_held_to_what_it_can_although_there_is_an_encoder_to_start_from():
    with pytest.raises(UserError, match=r"^resnet18 cannot be pooled by cls"):
        EncoderShape.from_arguments({"start_from": "gs://bucket/encoder", "model": "resnet18", "pooling": "cls"})


def test_what_a_component_is_told_by_default_is_not_given():
    defaults = {name: field.default for name, field in EncoderShape.model_fields.items()}
    assert not EncoderShape.from_arguments(defaults).gives("resize")
    assert EncoderShape.from_arguments({**defaults, "resize": "fast"}).gives("resize")
    assert EncoderShape(resize="exact").gives("resize")
