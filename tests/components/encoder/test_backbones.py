"""Every name in the table stands for a network with its classifier taken off, as its library publishes it."""

import pytest
import timm
import torch
from torchvision.models import get_model_weights

from lookalike_components.encoder.backbones import (
    BACKBONES,
    accepted_pooling,
    accepted_size,
    backbone,
    weights_file,
)
from lookalike_components.encoder.network import put_in, trunk
from lookalike_components.errors import UserError

SLOW = {name for name in BACKBONES if "vit_base" in name} - {"vit_base_patch16_siglip_224.webli"}
"""Large networks that are laid out as a smaller one, or as another of their size, in the table."""
TIMM = [name for name, row in BACKBONES.items() if row.library == "timm"]
TORCHVISION = [name for name, row in BACKBONES.items() if row.library == "torchvision"]


def small(model: str) -> int:
    """A small input size that the network takes."""
    row = backbone(model)
    return row.input_size if not row.any_size else 64 if row.multiple == 1 else 4 * row.multiple


@pytest.mark.parametrize("model", [name for name in BACKBONES if name not in SLOW])
def test_a_trunk_gives_features_of_its_dimension_and_has_every_weight_in_one_stage(model: str):
    row, size = backbone(model), small(model)
    network = trunk(model, row.pooling, size).eval()
    with torch.inference_mode():
        features = network(torch.zeros(1, 3, size, size))
        assert network.finished(features[:, 0]).shape == (1, row.dimension)
    if row.multiple > 1:
        assert features.shape[1] == network.beside + (size // row.multiple) ** 2
    staged = [id(weight) for stage in network.stages for weight in stage.parameters()]
    assert sorted(staged) == sorted(id(weight) for weight in network.parameters())


@pytest.mark.parametrize(
    "model", ["resnet18", "mobilenet_v3_large", "efficientnet_b0.ra_in1k", "convnext_atto.d2_in1k"]
)
def test_features_of_both_signs_are_those_that_no_activation_bounds(model: str):
    """The least that an activation gives is that of hardswish, -0.375."""
    torch.manual_seed(0)
    network = trunk(model, "avg", 64).eval()
    with torch.inference_mode():
        lowest = network(torch.randn(2, 3, 64, 64)).min().item()
    assert backbone(model).signed == (lowest < -0.375)


@pytest.mark.parametrize(
    ("model", "stages"),
    [("mobilenet_v2", 19), ("resnet18", 5), ("resnet18.a1_in1k", 5), ("convnext_atto.d2_in1k", 5)],
)
def test_stages_go_from_the_pixels_up(model: str, stages: int):
    network = trunk(model, "avg", 64)
    assert len(network.stages) == stages
    first = next(network.stages[0].parameters())
    assert first.shape[1] == 3
    assert first is next(network.parameters())


@pytest.mark.parametrize("model", TORCHVISION)
def test_torchvision_publishes_the_weights_there(model: str):
    assert backbone(model).address in {weights.url for weights in get_model_weights(model)}
    assert weights_file(model) == backbone(model).address.rsplit("/", 1)[-1]


@pytest.mark.parametrize("model", TIMM)
def test_timm_says_the_same_of_its_weights(model: str):
    row, published = backbone(model), timm.get_pretrained_cfg(model)
    assert row.address == f"https://huggingface.co/{published.hf_hub_id}/resolve/main/model.safetensors"
    assert row.licence.lower().replace(" ", "-") == published.license
    assert row.normalisation == (published.mean, published.std)
    assert published.input_size[1] % row.multiple == 0
    if row.multiple == 1:
        assert row.input_size == published.input_size[1]


@pytest.mark.parametrize(
    "model",
    [
        "mobilenetv4_conv_small.e2400_r224_in1k",
        "efficientnet_b0.ra_in1k",
        "convnext_atto.d2_in1k",
        "resnet18.a1_in1k",
        "vit_tiny_patch16_224.augreg_in21k",
    ],
)
def test_a_file_of_timms_with_a_classifier_fits_and_gives_timms_own_features(model: str):
    torch.manual_seed(3)
    whole = timm.create_model(model, num_classes=7).eval()
    network = trunk(model, backbone(model).pooling, 224).eval()
    assert put_in(whole.state_dict(), network)
    pixels = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        features, own = network(pixels), whole.forward_features(pixels)
    torch.testing.assert_close(features, own if own.ndim == 3 else own.flatten(2).transpose(1, 2), atol=0, rtol=0)


def test_a_transformers_places_are_interpolated_to_another_size():
    model = "vit_tiny_patch16_224.augreg_in21k"
    whole = timm.create_model(model, num_classes=0)
    network = trunk(model, "cls", 64)
    assert put_in(whole.state_dict(), network)
    assert network.network.pos_embed.shape == (1, 1 + 4 * 4, 192)


@pytest.mark.parametrize(("file", "model"), [("resnet101", "resnet50"), ("resnet18", "resnet50")])
def test_weights_of_a_relative_do_not_pass(file: str, model: str):
    assert not put_in(trunk(file, "avg", 64).network.state_dict(), trunk(model, "avg", 64))


def test_only_permissive_licences_pass_for_permissive():
    assert {row.name for row in BACKBONES.values() if not row.is_permissive} == {
        "resnet50.fb_swsl_ig1b_ft_in1k",
        "convnext_tiny.dinov3_lvd1689m",
    }


def test_an_unknown_model_is_answered_with_the_names():
    with pytest.raises(
        UserError, match=r"^there is no model 'resnet51'; choose one of resnet18, resnet50, resnet101, "
    ):
        backbone("resnet51")


def test_a_size_that_does_not_divide_into_patches_is_answered_with_one_that_does():
    with pytest.raises(UserError) as error:
        accepted_size("vit_small_patch14_dinov2.lvd142m", 128)
    assert str(error.value) == (
        "vit_small_patch14_dinov2.lvd142m cuts pictures into patches of 14 px but the input size is 128; "
        "take a multiple such as 126"
    )


@pytest.mark.parametrize(
    ("model", "pooling", "sentence"),
    [
        ("resnet18", "cls", "resnet18 cannot be pooled by cls; choose one of avg, gem"),
        ("convnext_tiny.in12k", "gem", "convnext_tiny.in12k cannot be pooled by gem; choose one of avg"),
        ("convnext_tiny", "gem", "convnext_tiny cannot be pooled by gem; choose one of avg"),
        ("vit_b_16", "gem", "vit_b_16 cannot be pooled by gem; choose one of cls, cls_mean, avg"),
        (
            "vit_base_patch16_siglip_224.webli",
            "cls",
            "vit_base_patch16_siglip_224.webli cannot be pooled by cls; choose one of attention, avg",
        ),
    ],
)
def test_a_pooling_that_a_network_cannot_have_is_refused(model: str, pooling: str, sentence: str):
    with pytest.raises(UserError) as error:
        accepted_pooling(model, pooling)
    assert str(error.value) == sentence
