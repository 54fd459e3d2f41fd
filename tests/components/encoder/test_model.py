"""An encoder turns pixels into vectors of length 1, with normalisation inside."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional
from torchvision.models import resnet18
from torchvision.transforms.v2.functional import normalize, to_dtype, to_image

from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import UserError


def test_embeddings_have_length_one(encoder: Encoder, pixels: np.ndarray):
    vectors = encode(encoder, [pixels[:5], pixels[5:7]])
    assert vectors.shape == (7, 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_agrees_with_torchvisions_own_network_and_transforms(encoder: Encoder, pixels: np.ndarray, weights: Path):
    whole = resnet18()
    whole.load_state_dict(torch.load(weights, weights_only=True))
    features = torch.nn.Sequential(*list(whole.eval().children())[:-1])
    images = torch.stack([to_dtype(to_image(image), torch.float32, scale=True) for image in pixels[:4]])
    with torch.inference_mode():
        expected = features(normalize(images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])).flatten(1)
    np.testing.assert_allclose(encode(encoder, [pixels[:4]]), functional.normalize(expected), atol=1e-5)


def test_nothing_to_encode_gives_no_vectors(encoder: Encoder):
    assert encode(encoder, []).shape == (0, 512)


def test_a_head_sets_the_dimension(weights: Path, pixels: np.ndarray):
    encoder = build("resnet18", str(weights), 32, dimension=16)
    assert encode(encoder, [pixels[:2]]).shape == (2, 16)


def test_the_config_says_where_the_weights_came_from(encoder: Encoder, weights: Path):
    config = encoder.config
    assert (config.model, config.dimension, config.input_size, config.head) == ("resnet18", 512, 32, False)
    assert config.weights == str(weights)
    assert set(config.versions) == {"lookalike", "torch", "torchvision"}


def test_safetensors_give_the_same_encoder(encoder: Encoder, weights: Path, tmp_path: Path, pixels: np.ndarray):
    path = tmp_path / "resnet18.safetensors"
    save_file(torch.load(weights, weights_only=True), path)
    again = build("resnet18", str(path), 32)
    np.testing.assert_array_equal(encode(again, [pixels[:2]]), encode(encoder, [pixels[:2]]))


def test_weights_of_any_number_of_classes_fit(tmp_path: Path):
    torch.save(resnet18(num_classes=7).state_dict(), tmp_path / "seven.pth")
    assert build("resnet18", str(tmp_path / "seven.pth"), 32).config.dimension == 512


def test_weights_of_another_network_are_refused(weights: Path):
    with pytest.raises(UserError) as error:
        build("mobilenet_v2", str(weights))
    assert str(error.value) == (
        f"{weights} does not hold the weights of mobilenet_v2; pass a file made by torchvision's mobilenet_v2"
    )


def test_a_transformer_takes_one_size_only(weights: Path):
    with pytest.raises(UserError) as error:
        build("vit_b_16", str(weights), 112)
    assert str(error.value) == "vit_b_16 takes 224 px only but the input size is 112; leave it out"
