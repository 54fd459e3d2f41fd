"""A new head starts where the pretrained features are, not at chance."""

import numpy as np
import pytest
import torch

from lookalike_components.encoder.encode import encode, features
from lookalike_components.encoder.head import start_head
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import UserError


def with_head(weights, dimension: int) -> Encoder:
    return build("resnet18", str(weights), 32, dimension=dimension).eval()


def cosines(vectors: np.ndarray) -> np.ndarray:
    return vectors @ vectors.T


def test_a_pca_as_long_as_the_features_keeps_every_cosine(weights, pixels, encoder):
    headed = with_head(weights, 512)
    start_head(headed, features(headed, [pixels]), "pca")
    np.testing.assert_allclose(cosines(encode(headed, [pixels])), cosines(encode(encoder, [pixels])), atol=1e-4)


def test_a_short_pca_keeps_cosines_better_than_chance_does(weights, pixels, encoder):
    torch.manual_seed(0)
    headed, own = with_head(weights, 32), cosines(encode(encoder, [pixels]))
    by_chance = np.abs(cosines(encode(headed, [pixels])) - own).mean()
    start_head(headed, features(headed, [pixels]), "pca")
    assert np.abs(cosines(encode(headed, [pixels])) - own).mean() < by_chance / 4


def test_whitening_spreads_the_features_evenly(weights):
    headed, rng = with_head(weights, 8), np.random.default_rng(0)
    spread = np.linspace(1, 20, 512)
    rows = (rng.normal(size=(20_000, 512)) * spread + 5).astype(np.float32)
    start_head(headed, rows, "whitening")
    with torch.inference_mode():
        projected = headed.cpu().head(torch.from_numpy(rows)).numpy()
    covariance = np.cov(projected.T)
    np.testing.assert_allclose(projected.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(covariance / covariance.trace() * 8, np.eye(8), atol=0.1)


def test_few_pictures_and_constant_features_do_not_explode(weights, pixels):
    headed = with_head(weights, 256)
    rows = features(headed, [pixels[:5]])
    rows[:, :300] = 1.0
    start_head(headed, rows, "whitening")
    weight = headed.head.weight.detach().numpy()
    assert np.isfinite(weight).all()
    norms = np.linalg.norm(weight, axis=1)
    assert norms.max() / norms.min() < 100
    np.testing.assert_allclose(norms.mean(), 1, atol=1e-5)


def test_features_that_are_all_the_same_do_not_divide_by_nothing(weights):
    headed = with_head(weights, 4)
    start_head(headed, np.ones((3, 512), np.float32), "whitening")
    assert headed.head.weight.isfinite().all()


def test_a_random_head_stays_as_it_is(weights, pixels):
    headed = with_head(weights, 4)
    before = headed.head.weight.clone()
    start_head(headed, features(headed, [pixels]), "random")
    torch.testing.assert_close(headed.head.weight, before, rtol=0, atol=0)


def test_a_head_longer_than_the_features_is_refused(weights, pixels):
    headed = with_head(weights, 600)
    with pytest.raises(UserError) as error:
        start_head(headed, features(headed, [pixels]), "pca")
    assert str(error.value) == (
        "dimension is 600, but resnet18 gives 512 numbers, and a head that starts by pca is no longer than that; "
        "lower dimension, or set head to random"
    )
