"""Features of places become one vector, the same in torch and in the graph of a release."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import timm
import torch
from torch.nn import functional
from torchvision.models import convnext_tiny, vit_b_16

from lookalike_components.encoder import folder, onnx_graph
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.encoder.pooling import GeneralisedMean
from lookalike_components.encoder.trunk import Trunk

VIT = "vit_tiny_patch16_224.augreg_in21k"


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small vision transformer, as timm saves them."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "vit.pth"
    torch.save(timm.create_model(VIT, num_classes=3).state_dict(), path)
    return path


def test_the_generalised_mean_lies_between_mean_and_maximum():
    places = torch.rand(2, 9, 5) + 0.1
    pooled = {p: GeneralisedMean(p)(places, Trunk(torch.nn.Identity())) for p in (1.0, 3.0, 100.0)}
    torch.testing.assert_close(pooled[1.0], places.mean(1))
    torch.testing.assert_close(pooled[3.0], places.pow(3).mean(1).pow(1 / 3))
    torch.testing.assert_close(pooled[100.0], places.amax(1), rtol=0.03, atol=0.03)


def test_p_is_learned_and_saved(weights: Path, tmp_path: Path, pixels: np.ndarray):
    encoder = build("resnet18", str(weights), 64, pooling="gem")  # 2 x 2 places; of one alone p would change nothing
    encoder(torch.tensor(pixels[:4]).repeat(1, 2, 2, 1)).pow(4).sum().backward()
    assert encoder.pooling.p.grad.abs() > 0
    with torch.no_grad():
        encoder.pooling.p.fill_(2.5)
    folder.save(encoder, tmp_path / "encoder")
    again = folder.load(tmp_path / "encoder")
    assert (again.config.pooling, again.pooling.p.item()) == ("gem", 2.5)
    np.testing.assert_array_equal(encode(again, [pixels[:4]]), encode(encoder, [pixels[:4]]))


def test_black_pictures_have_a_gradient(weights: Path):
    encoder = build("resnet18", str(weights), 32, pooling="gem")
    encoder(torch.zeros(2, 32, 32, 3, dtype=torch.uint8)).sum().backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in encoder.parameters())


def test_class_token_and_mean_are_twice_as_long(transformer: Path, pixels: np.ndarray):
    both = build(VIT, str(transformer), 32, pooling="cls_mean")
    assert both.config.dimension == 384
    with torch.inference_mode():
        features = both.eval().features(torch.tensor(pixels[:3]))
        for half, pooling in ((features[:, :192], "cls"), (features[:, 192:], "avg")):
            alone = build(VIT, str(transformer), 32, pooling=pooling).eval().features(torch.tensor(pixels[:3]))
            torch.testing.assert_close(half, alone)


def test_a_convnext_normalises_what_it_pooled_as_torchvision_does(tmp_path: Path, pixels: np.ndarray):
    torch.manual_seed(0)
    whole = convnext_tiny().eval()
    torch.save(whole.state_dict(), tmp_path / "convnext.pth")
    encoder = build("convnext_tiny", str(tmp_path / "convnext.pth"), 32).eval()
    whole.classifier[2] = torch.nn.Identity()
    assert_same_as(encoder, whole, pixels[:2])


def test_a_transformer_gives_torchvisions_class_token(tmp_path: Path, pixels: np.ndarray):
    torch.manual_seed(0)
    whole = vit_b_16().eval()
    torch.save(whole.state_dict(), tmp_path / "vit.pth")
    whole.heads = torch.nn.Identity()
    assert_same_as(build("vit_b_16", str(tmp_path / "vit.pth")).eval(), whole, np.tile(pixels[:1], (1, 7, 7, 1)))


def assert_same_as(encoder: Encoder, whole: torch.nn.Module, pixels: np.ndarray) -> None:
    images = torch.tensor(pixels)
    with torch.inference_mode():
        normalised = (images.permute(0, 3, 1, 2).float() - encoder.mean) / encoder.std
        torch.testing.assert_close(encoder(images), functional.normalize(whole(normalised)), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("model", "pooling"), [("resnet18", "gem"), (VIT, "cls"), (VIT, "cls_mean"), (VIT, "avg"), ("siglip", "attention")]
)
def test_torch_and_onnx_agree(
    model: str, pooling: str, weights: Path, transformer: Path, tmp_path: Path, pixels: np.ndarray
):
    if model == "siglip":
        model, path = "vit_base_patch16_siglip_224.webli", tmp_path / "siglip.pth"
        torch.save(timm.create_model(model, num_classes=0, img_size=32).state_dict(), path)
    else:
        path = weights if model == "resnet18" else transformer
    encoder = build(model, str(path), 32, pooling=pooling, dimension=8)
    if model != "resnet18":  # one block more or less is no other graph, but takes as long again
        encoder.backbone.network.blocks = encoder.backbone.network.blocks[:1]
    onnx_graph.export(encoder, tmp_path / "encoder.onnx")
    embedding = onnxruntime.InferenceSession(tmp_path / "encoder.onnx").run(["embedding"], {"images": pixels[:7]})[0]
    np.testing.assert_allclose(embedding, encode(encoder, [pixels[:7]]), atol=1e-5)


def test_a_transformer_that_was_saved_at_another_size_is_loaded_at_that(
    transformer: Path, tmp_path: Path, pixels: np.ndarray
):
    encoder = build(VIT, str(transformer), 48)
    folder.save(encoder, tmp_path / "encoder")
    again, larger = folder.load(tmp_path / "encoder"), np.tile(pixels[:2], (1, 2, 2, 1))[:, :48, :48]
    np.testing.assert_array_equal(encode(again, [larger]), encode(encoder, [larger]))


def test_a_transformer_takes_any_multiple_of_its_patches(transformer: Path, pixels: np.ndarray):
    encoder = build(VIT, str(transformer), 64).eval()
    with torch.inference_mode():
        assert encoder(torch.tensor(pixels[:2])).shape == (2, 192)  # 32 px, as while resolution grows
