"""An image that is closer to another label than to its own is the first to be passed over."""

import numpy as np
import pytest
import torch

from lookalike_components.train.objective.label_noise import label_chances, likely


def on_circle(*degrees: float) -> torch.Tensor:
    """Unit vectors whose neighbours can be read off by eye."""
    angles = torch.deg2rad(torch.tensor(degrees))
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_the_image_among_those_of_another_label_is_passed_over():
    embeddings, labels = on_circle(0, 5, 10, 90, 95, 93), torch.tensor([0, 0, 0, 1, 1, 0])
    assert likely(embeddings, labels, 0.2).tolist() == [0, 1, 2, 3, 4]


def test_as_many_as_the_share_says_are_passed_over():
    torch.manual_seed(0)
    embeddings, labels = torch.nn.functional.normalize(torch.randn(10, 4)), torch.arange(10) % 2
    assert len(likely(embeddings, labels, 0.39)) == 7


def test_agrees_with_the_slow_definition():
    torch.manual_seed(0)
    embeddings, labels = torch.nn.functional.normalize(torch.randn(12, 4)), torch.arange(12) % 3 + 5
    cosines = (embeddings @ embeddings.T).numpy()
    for place in range(12):
        others = [other for other in range(12) if other != place]
        means = [np.mean([cosines[place, other] for other in others if labels[other] == label]) for label in (5, 6, 7)]
        expected = np.exp(means[labels[place] - 5]) / np.exp(means).sum()
        assert label_chances(embeddings, labels)[place].item() == pytest.approx(expected, rel=1e-5)


def test_an_image_alone_with_its_label_is_kept():
    embeddings, labels = on_circle(0, 5, 90, 95, 180), torch.tensor([0, 0, 1, 1, 2])
    assert label_chances(embeddings, labels)[4] == 1
