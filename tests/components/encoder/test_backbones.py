"""Every name in the table stands for a network with its classifier taken off."""

import pytest
import torch

from lookalike_components.encoder.backbones import BACKBONES, backbone
from lookalike_components.encoder.network import network, weights_url
from lookalike_components.errors import UserError


@pytest.mark.parametrize("model", BACKBONES)
def test_a_backbone_gives_features_of_its_dimension(model: str):
    with torch.inference_mode():
        features = network(model).eval()(torch.zeros(1, 3, 224, 224))
    assert features.shape == (1, backbone(model).dimension)


def test_the_weights_are_the_published_ones():
    assert weights_url("mobilenet_v2").endswith("/mobilenet_v2-b0353104.pth")
    assert weights_url("resnet50").endswith("/resnet50-11ad3fa6.pth")


def test_an_unknown_model_is_answered_with_the_names():
    with pytest.raises(UserError) as error:
        backbone("resnet51")
    assert str(error.value) == (
        "there is no model 'resnet51'; choose one of resnet18, resnet50, resnet101, mobilenet_v2, mobilenet_v3_large, "
        "efficientnet_b0, convnext_tiny, vit_b_16"
    )
